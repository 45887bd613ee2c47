//! Signs a person in with e-mail and password.

use kernel::{Cx, Email, TenantId, UserId};
use pg::TenantTx;

use super::{
    count_try::count_try,
    note_refusal::note_refusal,
    open_session::{OpenSession, open_session},
};
use crate::{
    App, Error, Result,
    domain::{Account, Method, Password, Session, Token, Ttl},
    store,
};

/// The wish to sign in.
#[derive(Debug)]
pub(crate) struct CreateSession {
    pub(crate) email: Email,
    pub(crate) password: Password,
}

/// Opens a session. An unknown e-mail and a wrong password are the same refusal after the same work: a try that is
/// counted, a lookup, one hash, one transaction with one audit row.
pub(crate) async fn create_session(
    app: &App,
    cx: &Cx,
    command: CreateSession,
) -> Result<(Session, Token)> {
    let place = app.hasher.place()?;
    let mut tx = app
        .db
        .platform("find_credential", "people are global: who signs in is not known yet")
        .await?;
    let known = store::active_by_email(&mut tx, &command.email).await?;
    let account = match &known {
        Some((user_id, ..)) => Account::Person(*user_id),
        None => Account::Nobody(command.email),
    };
    let counted = count_try(&mut tx, cx, &account, app.clock.now()).await?;
    tx.commit().await?;
    let hash = known.as_ref().and_then(|(.., hash)| hash.clone());
    // No transaction is open while the hash is computed.
    let checked = place.check(command.password, hash).await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "create_session").await?;
    let Some((user_id, credential_id, hash)) = known.as_ref().filter(|_| checked.fits) else {
        return refuse(app, tx, cx, known.map(|(user_id, ..)| user_id)).await;
    };
    let user_id = *user_id;
    // The password may have been changed, and all sessions ended, while it was checked.
    if !store::lock_password(&mut tx, user_id, *credential_id).await? {
        return refuse(app, tx, cx, Some(user_id)).await;
    }
    if let (Some(renewed), Some(hash)) = (&checked.renewed, hash) {
        store::renew_hash(&mut tx, user_id, hash, renewed).await?;
    }
    counted.password_was_right(&mut tx, user_id, app.clock.now()).await?;
    let wish = OpenSession {
        user_id,
        method: Method::Password,
        ttl: Ttl::default(),
        second_factor_at: None,
        proven_at: None,
        action: "session.create",
    };
    let opened = open_session(&mut tx, cx, app, wish).await?;
    tx.commit().await?;
    count("created");
    Ok(opened)
}

async fn refuse<T>(app: &App, mut tx: TenantTx, cx: &Cx, user_id: Option<UserId>) -> Result<T> {
    bus::audit(&mut tx, cx, "session.refuse", &target(user_id)).await?;
    tx.commit().await?;
    note_refusal(app, cx, "sign-in").await;
    count("refused");
    Err(Error::WrongCredentials)
}

/// Whom the refusal was about; the presented e-mail itself is kept nowhere.
fn target(user_id: Option<UserId>) -> String {
    user_id.map_or_else(|| "user:unknown".into(), |id| format!("user:{id}"))
}

fn count(outcome: &'static str) {
    metrics::counter!("usher_auth_sign_ins_total", "outcome" => outcome).increment(1);
}
