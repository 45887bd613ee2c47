//! Finishes a sign-in that waits for the second factor by a passkey.

use kernel::{Cx, TenantId};

use super::{
    check_passkey::{Answer, Expected, check_passkey, present},
    confirm_session::waiting_session,
    open_session::{OpenSession, open_session},
    refuse_proof::{Proof, refuse_proof},
};
use crate::{
    App, Error, Result,
    domain::{CeremonyKind, Session, Token},
    store,
};

/// Opens the session under a new id and token, once. Tries are counted with those at the password.
pub(crate) async fn confirm_by_passkey(
    app: &App,
    cx: &Cx,
    token: Token,
    answer: Answer,
) -> Result<(Session, Token)> {
    let now = app.clock.now();
    let mut tx = app
        .db
        .platform("find_session", "sessions are global: one serves all tenants of its person")
        .await?;
    let waiting = waiting_session(&mut tx, &token, now).await?;
    tx.commit().await?;
    let user_id = waiting.user_id;
    let expected = Expected {
        kind: CeremonyKind::Confirm,
        user_id: Some(user_id),
        session_id: Some(waiting.session_id),
    };
    let presented = present(app, cx, answer, expected).await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "confirm_by_passkey").await?;
    store::share_person(&mut tx, user_id).await?;
    if !check_passkey(&mut tx, app, &presented, now).await? {
        return refuse_proof(tx, cx, user_id, Proof::Passkey).await;
    }
    if !store::end_session(&mut tx, user_id, waiting.session_id, now).await? {
        return Err(Error::BadToken);
    }
    presented.counted.was_right(&mut tx, user_id, now).await?;
    let wish = OpenSession::proven(user_id, waiting.method, now);
    let opened = open_session(&mut tx, cx, app, wish).await?;
    tx.commit().await?;
    Ok(opened)
}
