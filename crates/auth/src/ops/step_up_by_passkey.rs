//! Proves again who a person is, by a passkey alone.

use kernel::{Cx, SessionId, TenantId, UserId};

use super::{
    check_passkey::{Answer, Expected, check_passkey, present},
    refuse_proof::{Proof, refuse_proof},
    renew_session::renew_session,
    require_fresh::require_session,
};
use crate::{
    App, Result,
    domain::{CeremonyKind, Session, Token},
    store,
};

/// Lets the session go on under another id and token, no longer than it would have. The device has verified its person, so
/// that a passkey is the whole proof.
pub(crate) async fn step_up_by_passkey(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
    answer: Answer,
) -> Result<(Session, Token)> {
    require_session(cx)?;
    let expected = Expected {
        kind: CeremonyKind::StepUp,
        user_id: Some(user_id),
        session_id: Some(session_id),
    };
    let presented = present(app, cx, answer, expected).await?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "step_up_by_passkey").await?;
    store::lock_person(&mut tx, user_id).await?;
    if !check_passkey(&mut tx, app, &presented, now).await? {
        return refuse_proof(tx, cx, user_id, Proof::Passkey).await;
    }
    presented.counted.was_right(&mut tx, user_id, now).await?;
    let of = (user_id, session_id);
    let opened = renew_session(&mut tx, app, cx, of, Some(now), None).await?;
    tx.commit().await?;
    Ok(opened)
}
