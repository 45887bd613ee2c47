//! Gives a passkey another name.

use kernel::{Cx, TenantId, UserId};

use super::require_fresh::require_session;
use crate::{
    App, Error, Result,
    domain::{Passkey, PasskeyId, PasskeyName, PasskeyRefusal},
    store,
};

/// Renames one of the person's passkeys; doing it again changes nothing.
pub(crate) async fn rename_passkey(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    passkey_id: PasskeyId,
    name: &PasskeyName,
) -> Result<Passkey> {
    require_session(cx)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "rename_passkey").await?;
    if !store::rename_passkey(&mut tx, user_id, passkey_id, name).await? {
        return Err(Error::Passkey(PasskeyRefusal::NotFound));
    }
    let held = store::passkeys_of(&mut tx, user_id).await?;
    let renamed = held.into_iter().find(|passkey| passkey.passkey_id == passkey_id);
    let target = format!("user:{user_id} passkey:{passkey_id}");
    bus::audit(&mut tx, cx, "passkey.rename", &target).await?;
    tx.commit().await?;
    renamed.ok_or(Error::Passkey(PasskeyRefusal::NotFound))
}
