//! Forgets a person behind clients.

use kernel::{Cx, Email, TenantId, UserId};

use crate::{App, Result, store};

/// The person's clients stay with all that was counted, and name nobody; their keys at Ozon go. Doing it twice changes
/// nothing.
pub(crate) async fn erase_client_person(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    emails: &[Email],
) -> Result<()> {
    let reason = "a person is a client of many tenants";
    let mut tx = app.db.platform("erase_client_person", reason).await?;
    tx.speak_for(TenantId::PLATFORM).await?;
    store::lock_person_address(&mut tx, user_id).await?;
    store::forget_person_address(&mut tx, user_id).await?;
    let keys = store::erase_ozon_keys(&mut tx, user_id).await?;
    if keys + store::erase_client_person(&mut tx, user_id, emails).await? > 0 {
        bus::audit(&mut tx, cx, "client_person.erase", &format!("user:{user_id}")).await?;
    }
    tx.commit().await?;
    Ok(())
}
