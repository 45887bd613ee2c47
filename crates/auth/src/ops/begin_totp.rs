//! Begins with an authenticator app.

use aws_lc_rs::rand;
use kernel::{Cx, SessionId, TenantId, UserId};
use secrecy::SecretString;

use super::{
    TOTP_PURPOSE,
    require_fresh::{require_fresh, require_session},
};
use crate::{App, Error, Result, domain::TotpSecret, store};

/// What the app is told.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) secret: TotpSecret,
    pub(crate) uri: SecretString,
}

/// Keeps a secret that does not count until a code of it was shown; a former one that never counted is forgotten.
pub(crate) async fn begin_totp(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Begun> {
    require_session(cx)?;
    app.vault.prepare(&app.db, TenantId::PLATFORM).await?;
    let mut random = [0; TotpSecret::BYTES];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    let secret = TotpSecret::of(&random);
    let now = app.clock.now();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "begin_totp").await?;
    require_fresh(&mut tx, user_id, session_id, now).await?;
    if store::has_totp(&mut tx, user_id).await? {
        return Err(Error::FactorExists);
    }
    let (_, email) = store::active_of(&mut tx, user_id).await?.ok_or(Error::WrongPassword)?;
    let uri = secret.uri(&email)?;
    let sealed = app.vault.seal(&mut tx, TOTP_PURPOSE, user_id.uuid(), secret.text()).await?;
    store::upsert_totp(&mut tx, user_id, &sealed, now).await?;
    bus::audit(&mut tx, cx, "factor.begin", &format!("user:{user_id}")).await?;
    tx.commit().await?;
    Ok(Begun { secret, uri })
}
