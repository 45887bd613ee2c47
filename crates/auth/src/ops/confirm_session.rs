//! Finishes a sign-in that waits for the second factor.

use kernel::{Cx, TenantId, Timestamp};
use sqlx::PgConnection;

use super::{
    check_factor::check_factor,
    count_try::count_try,
    open_session::{OpenSession, open_session},
    refuse_proof::{Proof, refuse_proof},
};
use crate::{
    App, Error, Result,
    domain::{Account, SecondFactor, Session, Standing, Token},
    store,
};

/// The token of the session that waits, and what was typed.
#[derive(Debug)]
pub(crate) struct ConfirmSession {
    pub(crate) token: Token,
    pub(crate) shown: SecondFactor,
}

/// Opens the session under a new id and token, once. Tries are counted with those at the password.
pub(crate) async fn confirm_session(
    app: &App,
    cx: &Cx,
    command: ConfirmSession,
) -> Result<(Session, Token)> {
    let ConfirmSession { token, shown } = command;
    let now = app.clock.now();
    let mut tx = app
        .db
        .platform("find_session", "sessions are global: one serves all tenants of its person")
        .await?;
    let waiting = waiting_session(&mut tx, &token, now).await?;
    let user_id = waiting.user_id;
    let counted = count_try(&mut tx, cx, &Account::Person(user_id), now).await?;
    tx.commit().await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "confirm_session").await?;
    if !check_factor(&mut tx, app, cx, user_id, &shown).await? {
        return refuse_proof(tx, cx, user_id, Proof::SecondFactor).await;
    }
    if !store::end_session(&mut tx, user_id, waiting.session_id, now).await? {
        return Err(Error::BadToken);
    }
    counted.was_right(&mut tx, user_id, now).await?;
    let wish = OpenSession::proven(user_id, waiting.method, now);
    let opened = open_session(&mut tx, cx, app, wish).await?;
    tx.commit().await?;
    Ok(opened)
}

/// The session of a token, if it waits for the second factor.
pub(super) async fn waiting_session(
    tx: &mut PgConnection,
    token: &Token,
    now: Timestamp,
) -> Result<Session> {
    let waiting = store::session_by_token(tx, token).await?.ok_or(Error::BadToken)?;
    match waiting.standing(now) {
        Standing::Waiting => Ok(waiting),
        Standing::Expired => Err(Error::SessionExpired),
        Standing::Ended | Standing::Good => Err(Error::BadToken),
    }
}
