//! Asks for a passkey of a person who is known: to finish a sign-in, or as a fresh proof.

use kernel::{SessionId, TenantId, UserId};

use super::{
    begin_ceremony::{Begun, begin_ceremony},
    confirm_session::waiting_session,
};
use crate::{
    App, Error, Result,
    domain::{Ceremony, CeremonyKind, PasskeyRefusal, Token},
    store,
};

/// Asks for the second factor of the sign-in that waits under a token.
pub(crate) async fn begin_passkey_confirmation(app: &App, token: &Token) -> Result<Begun> {
    let mut tx = app
        .db
        .platform("find_session", "sessions are global: one serves all tenants of its person")
        .await?;
    let waiting = waiting_session(&mut tx, token, app.clock.now()).await?;
    tx.commit().await?;
    begin_passkey_proof(app, CeremonyKind::Confirm, waiting.user_id, waiting.session_id).await
}

/// Asks for a fresh proof in the session in use.
pub(crate) async fn begin_passkey_step_up(
    app: &App,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Begun> {
    begin_passkey_proof(app, CeremonyKind::StepUp, user_id, session_id).await
}

async fn begin_passkey_proof(
    app: &App,
    kind: CeremonyKind,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Begun> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "begin_passkey_proof").await?;
    let known = store::webauthn_ids(&mut tx, user_id).await?;
    if known.is_empty() {
        return Err(Error::Passkey(PasskeyRefusal::NotFound));
    }
    let asked = app.relying.ask_proof(&known)?;
    let of = Ceremony {
        kind,
        user_id: Some(user_id),
        session_id: Some(session_id),
        email: None,
        state: String::new(),
        expires_at: app.clock.now(),
    };
    let begun = begin_ceremony(&mut tx, app, asked, of).await?;
    tx.commit().await?;
    Ok(begun)
}
