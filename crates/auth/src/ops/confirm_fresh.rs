//! Says whether a person has proven lately, in the session they speak from, who they are.

use kernel::{SessionId, TenantId, UserId};

use super::require_fresh::require_fresh;
use crate::{App, Result};

/// Refuses a session whose proof is too old, and one that a provider opened.
pub(crate) async fn confirm_fresh(app: &App, user_id: UserId, session_id: SessionId) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "confirm_fresh").await?;
    require_fresh(&mut tx, user_id, session_id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
