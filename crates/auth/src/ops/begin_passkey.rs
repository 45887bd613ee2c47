//! Begins with a new passkey.

use kernel::{Cx, SessionId, TenantId, UserId};

use super::{
    begin_ceremony::{Begun, begin_ceremony},
    require_fresh::{require_fresh, require_session},
};
use crate::{
    App, Error, Result,
    domain::{Ceremony, CeremonyKind, MOST_PASSKEYS, PasskeyRefusal},
    store,
};

/// Asks for a key on a device that has none of the person's yet, after a fresh proof.
pub(crate) async fn begin_passkey(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Begun> {
    require_session(cx)?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "begin_passkey").await?;
    require_fresh(&mut tx, user_id, session_id, now).await?;
    let (_, email) = store::active_of(&mut tx, user_id).await?.ok_or(Error::CredentialNotFound)?;
    let known = store::webauthn_ids(&mut tx, user_id).await?;
    if known.len() >= MOST_PASSKEYS {
        return Err(Error::Passkey(PasskeyRefusal::TooMany));
    }
    let asked = app.relying.ask_new(user_id, &email, known)?;
    let of = Ceremony {
        kind: CeremonyKind::Add,
        user_id: Some(user_id),
        session_id: Some(session_id),
        email: None,
        state: String::new(),
        expires_at: now,
    };
    let begun = begin_ceremony(&mut tx, app, asked, of).await?;
    bus::audit(&mut tx, cx, "passkey.begin", &format!("user:{user_id}")).await?;
    tx.commit().await?;
    Ok(begun)
}
