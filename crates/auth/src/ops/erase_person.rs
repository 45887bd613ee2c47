//! Forgets a person.

use kernel::{Cx, TenantId, UserId};

use super::tell_apps::{Ending, tell_apps};
use crate::{App, Result, store};

/// Removes credentials, sessions, tokens, keys of their own, factors, passkeys, letters and who they are at providers, and
/// lets nobody sign in by that id again; doing it twice changes nothing.
pub(crate) async fn erase_person(app: &App, cx: &Cx, user_id: UserId) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "erase_person").await?;
    store::lock_person(&mut tx, user_id).await?;
    tell_apps(&mut tx, app, cx, user_id, Ending::All(None)).await?;
    store::delete_totp(&mut tx, user_id).await?;
    store::delete_recovery_codes(&mut tx, user_id).await?;
    store::delete_passkeys(&mut tx, user_id).await?;
    store::delete_ceremonies_of(&mut tx, user_id).await?;
    if store::delete_person(&mut tx, user_id).await? {
        bus::audit(&mut tx, cx, "person.erase", &format!("user:{user_id}")).await?;
    }
    tx.commit().await?;
    // Nobody signs in as this person by now, and whoever was giving something in their name has given it: it goes here.
    let reason = "where somebody went, with what, and who they are at providers is forgotten in all tenants together";
    let mut tx = app.db.platform("forget_visits", reason).await?;
    store::delete_visits(&mut tx, user_id).await?;
    store::delete_identities_of(&mut tx, user_id).await?;
    store::delete_keys_of(&mut tx, user_id).await?;
    store::delete_families_of(&mut tx, user_id).await?;
    store::delete_codes_of(&mut tx, user_id).await?;
    store::delete_consents_of(&mut tx, user_id).await?;
    store::delete_devices_of(&mut tx, user_id).await?;
    tx.commit().await?;
    Ok(())
}
