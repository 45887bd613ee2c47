//! Forgets addresses of a person who is erased.

use kernel::{Cx, Email, TenantId, UserId};

use crate::{App, Result, store};

/// Messages to these addresses stay and name nobody; doing it twice changes nothing.
pub(crate) async fn erase_recipient(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    emails: &[Email],
) -> Result<()> {
    let reason = "a person is written to in many tenants";
    let mut tx = app.db.platform("erase_recipient", reason).await?;
    tx.speak_for(TenantId::PLATFORM).await?;
    if store::erase_recipient(&mut tx, emails).await? > 0 {
        bus::audit(&mut tx, cx, "recipient.erase", &format!("user:{user_id}")).await?;
    }
    tx.commit().await?;
    Ok(())
}
