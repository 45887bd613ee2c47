//! Has an app prove itself by other keys.

use kernel::{Cx, TenantId};
use uuid::Uuid;

use super::create_oauth_client::{issued, kept_keys, require_measure};
use crate::{
    App, Error, Result,
    domain::{BadClientWish, ClientKey, OAuthClient},
    store,
};

/// Replaces the keys, or the secret, by these. Whoever does it must be able to make such an app.
pub(crate) async fn replace_client_keys(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: Uuid,
    keys: Vec<ClientKey>,
) -> Result<OAuthClient> {
    let jwks = kept_keys(keys)?;
    if jwks.is_none() {
        return Err(Error::ClientRefused("keys", BadClientWish::Keys));
    }
    let mut tx = app.db.tenant(tenant, "find_oauth_client").await?;
    let found = store::oauth_client(&mut tx, id).await?.ok_or(Error::OAuthClientNotFound)?;
    tx.commit().await?;
    require_measure(app, cx, tenant, &found).await?;
    let mut tx = app.db.tenant(tenant, "replace_client_keys").await?;
    let client = store::lock_oauth_client(&mut tx, id).await?.ok_or(Error::OAuthClientNotFound)?;
    if client.ended_at.is_some() || !client.is_confidential() {
        return Err(Error::NoClientSecret);
    }
    let client = OAuthClient { secret_hash: None, jwks, ..client };
    store::update_oauth_client(&mut tx, &client).await?;
    bus::audit(&mut tx, cx, "oauth_client.replace_keys", &format!("oauth_client:{id}")).await?;
    bus::emit(&mut tx, cx, id, &issued(tenant, &client, true)).await?;
    tx.commit().await?;
    Ok(client)
}
