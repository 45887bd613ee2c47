//! Adds a service's permissions to the catalogue.

use kernel::Cx;

use crate::{App, Result, domain::Refusal, store};

/// The command line, which speaks for all services that it starts.
const STARTER: &str = "usher";

/// Adds what is missing; a service declares what is its own.
pub(crate) async fn declare_permissions(app: &App, cx: &Cx, permissions: &[String]) -> Result<()> {
    let caller = cx.caller.as_deref().unwrap_or_default();
    let is_own = |owner: &str| owner == caller || caller == STARTER;
    let fits = |permission: &String| {
        let words: Vec<&str> = permission.split('.').collect();
        let plain = |word: &&str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        words.len() == 3 && words.iter().all(plain) && is_own(words[0])
    };
    if permissions.len() > 1000 || !permissions.iter().all(fits) {
        return Err(Refusal::PermissionUnknown.into());
    }
    let mut tx =
        app.db.platform("declare_permissions", "the catalogue belongs to no tenant").await?;
    store::insert_permissions(&mut tx, permissions, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
