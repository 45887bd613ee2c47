//! Lists the catalogue of permissions.

use std::{collections::BTreeSet, sync::LazyLock};

use wire::rules;

use crate::{App, Result, domain::RESERVED, store};

/// What the contract of this build asks for, and what is reserved for it to ask for.
static CONTRACT: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let rules = rules::methods().filter_map(|method| rules::of(&rules::path(&method)));
    let asked = rules.map(|rule| rule.permission.clone()).filter(|name| !name.is_empty());
    asked.chain(RESERVED.map(str::to_owned)).collect()
});

/// Whether the contract of this build asks for it, or will.
pub(super) fn is_known(permission: &str) -> bool {
    CONTRACT.contains(permission)
}

/// What this build asks for and what services of other builds have declared, sorted.
pub(crate) async fn list_permissions(app: &App) -> Result<BTreeSet<String>> {
    let mut tx = app.db.platform("list_permissions", "the catalogue belongs to no tenant").await?;
    let declared = store::permissions(&mut tx).await?;
    tx.commit().await?;
    Ok(CONTRACT.iter().cloned().chain(declared).collect())
}
