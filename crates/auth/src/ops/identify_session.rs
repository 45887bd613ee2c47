//! Says who stands behind a presented token.

use kernel::Cx;

use crate::{
    App, Error, Result,
    domain::{Session, Standing, Token},
    store,
};

/// The session of a token, if it is good.
pub(crate) async fn identify_session(app: &App, cx: &Cx, token: &str) -> Result<Session> {
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
    if session.notes_use(now) {
        store::note_use(&mut tx, session.session_id, cx.ip.as_deref(), now).await?;
    }
    tx.commit().await?;
    Ok(session)
}
