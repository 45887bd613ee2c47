//! Lists exceptions.

use kernel::{Page, PageSize, TenantId, UserId};
use uuid::Uuid;

use crate::{
    App, Error, Result,
    domain::{AccountKey, PolicyOverride},
    store,
};

/// Overrides after the id `after`, of one person when given.
pub(crate) async fn list_policy_overrides(
    app: &App,
    tenant: TenantId,
    user_id: Option<UserId>,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<PolicyOverride>> {
    let mut tx = app.db.tenant(tenant, "list_policy_overrides").await?;
    if let Some(user_id) = user_id {
        let account = store::account(&mut tx, &AccountKey::Id(user_id), app.clock.now()).await?;
        account.ok_or(Error::PersonNotFound)?;
    }
    let rows = store::list_overrides(&mut tx, user_id, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |one| one.override_id.to_string()))
}
