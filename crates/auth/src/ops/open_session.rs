//! Opens a session in a transaction of its caller; what signing in and issuing have in common.

use aws_lc_rs::rand;
use kernel::{Actor, Clock, Cx, SessionId, UserId};
use pg::TenantTx;

use crate::{
    Error, Result,
    domain::{Session, Token, Ttl},
    store,
};

/// Keeps a new session and audits `action`. Nobody signs in as somebody whose account is closed, in whatever way.
pub(super) async fn open_session(
    tx: &mut TenantTx,
    cx: &Cx,
    clock: &Clock,
    user_id: UserId,
    ttl: Ttl,
    action: &str,
) -> Result<(Session, Token)> {
    // Whoever closes the account meanwhile waits for this session, and ends it.
    store::share_person(tx, user_id).await?;
    if store::is_closed(tx, user_id).await? {
        return Err(Error::PersonClosed);
    }
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    let token = Token::of(&random);
    let now = clock.now();
    let session = Session {
        session_id: clock.new_id::<SessionId>(),
        user_id,
        created_at: now,
        expires_at: now.after(ttl.get()),
        ended_at: None,
        last_used_at: now,
    };
    store::insert_session(tx, &session, &token).await?;
    let mut cx = cx.clone();
    if cx.actor == Actor::Anonymous {
        // The password has just proved who acts.
        cx.actor = Actor::User { id: user_id, session: session.session_id };
    }
    bus::audit(tx, &cx, action, &format!("session:{}", session.session_id)).await?;
    Ok((session, token))
}
