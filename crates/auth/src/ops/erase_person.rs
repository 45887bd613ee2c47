//! Forgets a person.

use kernel::{Cx, TenantId, UserId};

use crate::{App, Result, store};

/// Removes credentials, sessions, factors and letters, and lets nobody sign in by that id again; doing it twice changes nothing.
pub(crate) async fn erase_person(app: &App, cx: &Cx, user_id: UserId) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "erase_person").await?;
    store::lock_person(&mut tx, user_id).await?;
    store::delete_factors(&mut tx, user_id).await?;
    if store::delete_person(&mut tx, user_id).await? {
        bus::audit(&mut tx, cx, "person.erase", &format!("user:{user_id}")).await?;
    }
    tx.commit().await?;
    Ok(())
}
