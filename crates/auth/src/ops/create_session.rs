//! Signs a person in with e-mail and password.

use kernel::{Cx, Email, TenantId, UserId};

use crate::{
    App, Error, Result,
    domain::{Password, Session, Token, Ttl},
    ops::open_session,
    store,
};

/// The wish to sign in.
#[derive(Debug)]
pub(crate) struct CreateSession {
    pub(crate) email: Email,
    pub(crate) password: Password,
}

/// Opens a session. An unknown e-mail and a wrong password are the same refusal after the same work: a lookup, one
/// hash, one transaction with one audit row.
pub(crate) async fn create_session(
    app: &App,
    cx: &Cx,
    command: CreateSession,
) -> Result<(Session, Token)> {
    let mut tx = app
        .db
        .platform("find_credential", "people are global: who signs in is not known yet")
        .await?;
    let known = store::active_by_email(&mut tx, &command.email).await?;
    tx.commit().await?;
    let (user_id, hash) = known.unzip();
    // No transaction is open while the hash is computed.
    let fits = app.hasher.check(command.password, hash).await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "create_session").await?;
    match user_id.filter(|_| fits) {
        Some(user_id) => {
            let opened =
                open_session(&mut tx, cx, &app.clock, user_id, Ttl::default(), "session.create")
                    .await?;
            tx.commit().await?;
            count("created");
            Ok(opened)
        }
        None => {
            bus::audit(&mut tx, cx, "session.refuse", &target(user_id)).await?;
            tx.commit().await?;
            count("refused");
            Err(Error::WrongCredentials)
        }
    }
}

/// Whom the refusal was about; the presented e-mail itself is kept nowhere.
fn target(user_id: Option<UserId>) -> String {
    user_id.map_or_else(|| "user:unknown".into(), |id| format!("user:{id}"))
}

fn count(outcome: &'static str) {
    metrics::counter!("usher_auth_sign_ins_total", "outcome" => outcome).increment(1);
}
