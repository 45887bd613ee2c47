//! Says who stands behind a presented API key.

use crate::{
    App, Error, Result,
    domain::{ApiKey, KeyRefusal, KeySecret},
    store,
};

/// The key of a secret, if it is good. What its owner may is for the user service to say.
pub(crate) async fn identify_api_key(app: &App, secret: &KeySecret) -> Result<ApiKey> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(secret.tenant, "identify_api_key").await?;
    let key = store::api_key_by_secret(&mut tx, secret, now).await?.ok_or(Error::BadToken)?;
    if !key.is_good(now) {
        return Err(KeyRefusal::Ended.into());
    }
    if key.notes_use(now) {
        store::note_api_key_use(&mut tx, key.api_key_id, key.last_used_at, now).await?;
    }
    tx.commit().await?;
    Ok(key)
}
