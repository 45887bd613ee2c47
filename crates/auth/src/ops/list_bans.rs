//! Lists what is banned: for the platform's staff, for the gateway, and for whoever takes strangers in.

use kernel::{Page, PageSize};
use uuid::Uuid;

use crate::{App, Result, domain::Ban, store};

/// Most networks that the gateway is told.
const MOST_NETWORKS: i64 = 10_000;
/// Why bans are read across tenants.
const REASON: &str = "bans belong to the platform";

/// The bans that hold, after `after`, oldest first.
pub(crate) async fn list_bans(app: &App, size: PageSize, after: Option<Uuid>) -> Result<Page<Ban>> {
    let mut tx = app.db.platform("list_bans", REASON).await?;
    let rows = store::list_bans(&mut tx, app.clock.now(), after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |ban| ban.ban_id.to_string()))
}

/// The networks that are banned now.
pub(crate) async fn list_banned_networks(app: &App) -> Result<Vec<Ban>> {
    let mut tx = app.db.platform("list_banned_networks", REASON).await?;
    let bans = store::banned_networks(&mut tx, app.clock.now(), MOST_NETWORKS).await?;
    tx.commit().await?;
    Ok(bans)
}

/// Whether addresses of this domain, or of one above it, are banned.
pub(crate) async fn is_banned_domain(app: &App, domain: &str) -> Result<bool> {
    let parts: Vec<&str> = domain.split('.').collect();
    let above: Vec<String> = (0..parts.len()).map(|at| parts[at..].join(".")).collect();
    let mut tx = app.db.platform("check_domain", REASON).await?;
    let banned = store::is_banned_domain(&mut tx, &above, app.clock.now()).await?;
    tx.commit().await?;
    Ok(banned)
}
