//! Signs a person in by a passkey alone.

use kernel::{Cx, TenantId};

use super::{
    check_passkey::{Answer, Expected, check_passkey, present},
    open_session::{OpenSession, open_session},
    refuse_proof::{Proof, refuse_proof},
};
use crate::{
    App, Result,
    domain::{CeremonyKind, Method, Session, Token},
    store,
};

/// Opens a session of the key's owner, which waits for nothing: the device has verified its person.
pub(crate) async fn sign_in_by_passkey(
    app: &App,
    cx: &Cx,
    answer: Answer,
) -> Result<(Session, Token)> {
    let expected = Expected { kind: CeremonyKind::SignIn, user_id: None, session_id: None };
    let presented = present(app, cx, answer, expected).await?;
    let (user_id, now) = (presented.user_id, app.clock.now());
    let mut tx = app.db.tenant(TenantId::PLATFORM, "sign_in_by_passkey").await?;
    store::share_person(&mut tx, user_id).await?;
    if !check_passkey(&mut tx, app, &presented, now).await? {
        return refuse_proof(tx, cx, user_id, Proof::Passkey).await;
    }
    presented.counted.was_right(&mut tx, user_id, now).await?;
    let wish = OpenSession::proven(user_id, Method::Passkey, now);
    let opened = open_session(&mut tx, cx, app, wish).await?;
    tx.commit().await?;
    Ok(opened)
}
