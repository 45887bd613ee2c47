//! Ends an app.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::auth::v1::OAuthClientEnded;

use crate::{
    App, Error, Result,
    domain::{ClientName, OAuthClient},
    store,
};

/// Ends the app and the tokens that it has; ending it again changes nothing.
pub(crate) async fn end_oauth_client(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: Uuid,
) -> Result<OAuthClient> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "end_oauth_client").await?;
    let client = store::lock_oauth_client(&mut tx, id).await?.ok_or(Error::OAuthClientNotFound)?;
    if client.ended_at.is_some() {
        return Ok(client);
    }
    let client = OAuthClient { ended_at: Some(now), ..client };
    store::update_oauth_client(&mut tx, &client).await?;
    let name = ClientName { tenant, client_id: id }.to_string();
    store::end_families_of(&mut tx, &name, now).await?;
    bus::audit(&mut tx, cx, "oauth_client.end", &format!("oauth_client:{id}")).await?;
    bus::emit(&mut tx, cx, id, &OAuthClientEnded { client_id: name }).await?;
    tx.commit().await?;
    Ok(client)
}
