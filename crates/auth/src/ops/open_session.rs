//! Opens a session in a transaction of its caller; what the ways of signing in have in common.

use aws_lc_rs::rand;
use kernel::{Actor, Cx, SessionId, Timestamp, UserId};
use pg::TenantTx;

use crate::{
    App, Error, Result,
    domain::{Method, Session, Token, Ttl, device},
    store,
};

/// Whose session, how it began, and how long it may live.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenSession {
    pub(super) user_id: UserId,
    pub(super) method: Method,
    pub(super) ttl: Ttl,
    /// When the second factor was shown, if it was.
    pub(super) second_factor_at: Option<Timestamp>,
    /// When the person proved who they are, if not just now.
    pub(super) proven_at: Option<Timestamp>,
    /// The audit action.
    pub(super) action: &'static str,
}

impl OpenSession {
    /// A sign-in that has just been proven in full, and waits for nothing more.
    pub(super) fn proven(user_id: UserId, method: Method, now: Timestamp) -> Self {
        Self {
            user_id,
            method,
            ttl: Ttl::default(),
            second_factor_at: Some(now),
            proven_at: None,
            action: "session.create",
        }
    }
}

/// Keeps a new session and audits it. For whoever has a second factor and has not shown it, the session waits for that,
/// a few minutes, and is good for nothing else. Nobody signs in as somebody whose account is closed, in whatever way.
pub(super) async fn open_session(
    tx: &mut TenantTx,
    cx: &Cx,
    app: &App,
    command: OpenSession,
) -> Result<(Session, Token)> {
    let OpenSession { user_id, method, ttl, second_factor_at, proven_at, action } = command;
    // Whoever closes the account meanwhile waits for this session, and ends it.
    store::share_person(tx, user_id).await?;
    if store::is_closed(tx, user_id).await? {
        return Err(Error::PersonClosed);
    }
    // Issued by the operator of the machine, who answers for it.
    let pending = method != Method::Issued
        && second_factor_at.is_none()
        && store::enrolled_at(tx, user_id).await?.is_some();
    let ttl = if pending { Ttl::waiting() } else { ttl };
    let token = random_token()?;
    let now = app.clock.now();
    // What the operator of the machine asked for ends by its date alone.
    let idle = (method != Method::Issued).then_some(app.lifetimes.idle);
    let session = Session {
        session_id: app.clock.new_id::<SessionId>(),
        user_id,
        created_at: now,
        expires_at: now.after(ttl.get().unwrap_or(app.lifetimes.absolute)),
        ended_at: None,
        last_used_at: now,
        method,
        device: device(cx.user_agent.as_deref()),
        address: cx.ip.clone().unwrap_or_default(),
        idle_seconds: idle.map(|idle| i32::try_from(idle.as_secs()).unwrap_or(i32::MAX)),
        proven_at: proven_at.unwrap_or(now),
        pending,
        second_factor_at,
    };
    store::insert_session(tx, &session, &token).await?;
    let mut cx = cx.clone();
    if cx.actor == Actor::Anonymous {
        // A proof has just said who acts.
        cx.actor = Actor::User { id: user_id, session: session.session_id };
    }
    let action = if pending { "session.wait" } else { action };
    bus::audit(tx, &cx, action, &format!("session:{}", session.session_id)).await?;
    Ok((session, token))
}

/// A token of random bytes.
fn random_token() -> Result<Token> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    Ok(Token::of(&random))
}
