//! Notes that a person reads the mail of their address.

use kernel::{Cx, Email, TenantId, UserId};

use crate::{App, Result, store};

/// Whoever has another address by now has proven nothing of it, and whoever is forgotten needs to prove nothing.
pub(crate) async fn note_address(app: &App, cx: &Cx, user_id: UserId, email: &Email) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "note_address").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    let person = store::lock_person(&mut tx, user_id).await?;
    if person.is_some_and(|person| person.email == *email)
        && !store::is_address_proven(&mut tx, user_id).await?
    {
        store::note_address_proven(&mut tx, user_id, true).await?;
        bus::audit(&mut tx, cx, "address.prove", &format!("user:{user_id}")).await?;
    }
    tx.commit().await?;
    Ok(())
}
