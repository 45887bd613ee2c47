//! Says whether people are asked what an app of the platform may.

use kernel::{Cx, TenantId};
use uuid::Uuid;

use super::require_fresh::require_session;
use crate::{App, Error, Result, domain::OAuthClient, store};

/// Keeps it; setting it again changes nothing.
pub(crate) async fn set_client_consent(
    app: &App,
    cx: &Cx,
    id: Uuid,
    implicit: bool,
) -> Result<OAuthClient> {
    require_session(cx)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "set_client_consent").await?;
    let client = store::lock_oauth_client(&mut tx, id).await?;
    let client = client.filter(|client| client.ended_at.is_none());
    let client = client.ok_or(Error::OAuthClientNotFound)?;
    let client = OAuthClient { implicit_consent: implicit, ..client };
    store::update_oauth_client(&mut tx, &client).await?;
    let word = if implicit { "implicit" } else { "asked" };
    let target = format!("oauth_client:{id} {word}");
    bus::audit(&mut tx, cx, "oauth_client.set_consent", &target).await?;
    tx.commit().await?;
    Ok(client)
}
