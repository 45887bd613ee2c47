//! Lets a session go on under another id and token, in a transaction of its caller.

use kernel::{Cx, SessionId, Timestamp, UserId};
use pg::TenantTx;

use super::{
    open_session::{OpenSession, open_session},
    tell_apps::{Ending, tell_apps},
};
use crate::{
    App, Error, Result,
    domain::{Method, Session, SsoRefusal, Standing, Token, Ttl},
    store,
};

/// Ends the session and opens its successor, which lives no longer than it would have. The person has just proven who they
/// are, with the second factor where it says so, unless a former proof is named that still has to do. The person is locked
/// by the caller.
pub(super) async fn renew_session(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    (user_id, session_id): (UserId, SessionId),
    second_factor_at: Option<Timestamp>,
    proven_at: Option<Timestamp>,
) -> Result<(Session, Token)> {
    let now = app.clock.now();
    let former = store::session(tx, user_id, session_id).await?.ok_or(Error::BadToken)?;
    if former.method == Method::Sso {
        return Err(Error::Sso(SsoRefusal::Session));
    }
    if former.standing(now) != Standing::Good {
        return Err(Error::SessionEnded);
    }
    // What apps got in the former session ends with it.
    tell_apps(tx, app, cx, user_id, Ending::One(session_id)).await?;
    store::end_session(tx, user_id, session_id, now).await?;
    let wish = OpenSession {
        user_id,
        method: former.method,
        ttl: Ttl::until(former.expires_at, now),
        second_factor_at,
        proven_at,
        action: "session.step_up",
    };
    open_session(tx, cx, app, wish).await
}
