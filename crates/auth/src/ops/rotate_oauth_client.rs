//! Gives an app another secret.

use kernel::{Cx, TenantId};
use uuid::Uuid;

use super::create_oauth_client::{draw, issued, require_measure};
use crate::{
    App, Error, Result,
    domain::{ClientSecret, OAuthClient},
    store,
};

/// Replaces the secret. Whoever does it must be able to make such an app.
pub(crate) async fn rotate_oauth_client(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: Uuid,
) -> Result<(OAuthClient, ClientSecret)> {
    let mut tx = app.db.tenant(tenant, "find_oauth_client").await?;
    let found = store::oauth_client(&mut tx, id).await?.ok_or(Error::OAuthClientNotFound)?;
    tx.commit().await?;
    require_measure(app, cx, tenant, &found).await?;
    let secret = draw()?;
    let mut tx = app.db.tenant(tenant, "rotate_oauth_client").await?;
    let client = store::lock_oauth_client(&mut tx, id).await?.ok_or(Error::OAuthClientNotFound)?;
    if client.ended_at.is_some() || client.secret_hash.is_none() {
        return Err(Error::NoClientSecret);
    }
    let client = OAuthClient { secret_hash: Some(secret.hash()), ..client };
    store::update_oauth_client(&mut tx, &client).await?;
    bus::audit(&mut tx, cx, "oauth_client.rotate", &format!("oauth_client:{id}")).await?;
    bus::emit(&mut tx, cx, id, &issued(tenant, &client, true)).await?;
    tx.commit().await?;
    Ok((client, secret))
}
