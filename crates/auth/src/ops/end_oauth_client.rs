//! Ends an app.

use kernel::{Cx, TenantId, Timestamp};
use uuid::Uuid;
use wire::auth::v1::OAuthClientEnded;

use crate::{
    App, Error, Result,
    domain::{ClientName, OAuthClient},
    store,
};

/// Ends the app and the tokens that it has, in all tenants where it is the platform's; ending it again changes nothing.
pub(crate) async fn end_oauth_client(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: Uuid,
) -> Result<OAuthClient> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "end_oauth_client").await?;
    let client = store::lock_oauth_client(&mut tx, id).await?.ok_or(Error::OAuthClientNotFound)?;
    let name = ClientName { tenant, client_id: id };
    if client.ended_at.is_some() {
        tx.commit().await?;
        end_everywhere(app, name, now).await?;
        return Ok(client);
    }
    let client = OAuthClient { ended_at: Some(now), ..client };
    store::update_oauth_client(&mut tx, &client).await?;
    store::end_families_of(&mut tx, &name.to_string(), now).await?;
    bus::audit(&mut tx, cx, "oauth_client.end", &format!("oauth_client:{id}")).await?;
    bus::emit(&mut tx, cx, id, &OAuthClientEnded { client_id: name.to_string() }).await?;
    tx.commit().await?;
    end_everywhere(app, name, now).await?;
    Ok(client)
}

/// Ends what an app of the platform has in all tenants. It is ended by now: who does not see that yet has shown a code
/// before, and looks again (`grant_tokens`).
async fn end_everywhere(app: &App, name: ClientName, now: Timestamp) -> Result<()> {
    if name.tenant != TenantId::PLATFORM {
        return Ok(());
    }
    let reason = "the platform's apps have tokens in all tenants";
    let mut tx = app.db.platform("end_families_everywhere", reason).await?;
    store::end_families_everywhere(&mut tx, name, now).await?;
    tx.commit().await?;
    Ok(())
}
