//! Says who stands behind a presented token.

use kernel::{Cx, TenantId};

use super::admit_session::admit_session;
use crate::{
    App, Error, Result,
    domain::{Method, Session, Standing, Token},
    store,
};

/// The session of a token, if it is good, and good enough for the tenant of the call, where there is one; and the only
/// tenant that it is good in, if there is one.
pub(crate) async fn identify_session(
    app: &App,
    cx: &Cx,
    token: &str,
) -> Result<(Session, Option<TenantId>)> {
    let token = Token::parse(token).ok_or(Error::BadToken)?;
    let now = app.clock.now();
    let mut tx = app
        .db
        .platform("identify_session", "sessions are global: one serves all tenants of its person")
        .await?;
    let session = store::session_by_token(&mut tx, &token).await?.ok_or(Error::BadToken)?;
    match session.standing(now) {
        Standing::Ended => return Err(Error::SessionEnded),
        Standing::Expired => return Err(Error::SessionExpired),
        Standing::Waiting => return Err(Error::SecondFactorRequired),
        Standing::Good => {}
    }
    let only = match session.method {
        Method::Sso => {
            let tenant = store::sso_tenant(&mut tx, session.session_id).await?;
            // Nobody vouches for it any more.
            Some(tenant.ok_or(Error::SessionEnded)?)
        }
        _ => None,
    };
    if let Some(tenant) = cx.tenant.filter(|tenant| only.is_none_or(|only| only == *tenant)) {
        admit_session(&mut tx, tenant, &session, now).await?;
    }
    if session.notes_use(now) {
        store::note_use(&mut tx, session.session_id, cx.ip.as_deref(), now).await?;
    }
    tx.commit().await?;
    Ok((session, only))
}
