//! Makes an app.

use aws_lc_rs::rand;
use kernel::{Credential, Cx, TenantId, UserId};
use uuid::Uuid;
use wire::auth::v1::OAuthClientIssued;

use crate::{
    App, Error, Result,
    domain::{
        BadClientWish, BadKeyWish, ClientName, ClientSecret, IDENTITY_SCOPES, OAuthClient,
        client_scopes, key_name, redirect_uris,
    },
    peers, store,
};

/// Apps of a tenant that are not ended.
const MOST: i64 = 100;

/// The wish for an app.
#[derive(Debug)]
pub(crate) struct CreateOAuthClient {
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) confidential: bool,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) service_account_id: Option<UserId>,
}

/// Keeps the app and returns its secret, which is shown once. Nobody makes one that may for itself what they may not.
pub(crate) async fn create_oauth_client(
    app: &App,
    cx: &Cx,
    command: CreateOAuthClient,
) -> Result<(OAuthClient, Option<ClientSecret>)> {
    let tenant = command.tenant;
    if command.service_account_id.is_some() && !command.confidential {
        return Err(Error::ClientRefused("serviceAccountId", BadClientWish::ServiceAccount));
    }
    let refused = |field: &'static str| move |problem| Error::ClientRefused(field, problem);
    let named = |problem: BadKeyWish| Error::KeyRefused("name", problem);
    let secret = command.confidential.then(draw).transpose()?;
    let client = OAuthClient {
        client_id: app.clock.new_id::<Uuid>(),
        name: key_name(&command.name).map_err(named)?,
        secret_hash: secret.as_ref().map(ClientSecret::hash),
        redirect_uris: redirect_uris(command.redirect_uris).map_err(refused("redirectUris"))?,
        scopes: client_scopes(command.scopes, wire::rules::is_asked_for)
            .map_err(refused("scopes"))?,
        service_account_id: command.service_account_id,
        created_at: app.clock.now(),
        ended_at: None,
    };
    require_measure(app, cx, tenant, &client).await?;
    let mut tx = app.db.tenant(tenant, "create_oauth_client").await?;
    store::lock_oauth_clients(&mut tx).await?;
    if store::count_oauth_clients(&mut tx).await? >= MOST {
        return Err(Error::TooManyClients);
    }
    store::insert_oauth_client(&mut tx, &client).await?;
    let target = format!("oauth_client:{}", client.client_id);
    bus::audit(&mut tx, cx, "oauth_client.create", &target).await?;
    bus::emit(&mut tx, cx, client.client_id, &issued(tenant, &client, false)).await?;
    tx.commit().await?;
    Ok((client, secret))
}

/// Whoever is shown what an app proves itself with must hold all that it may for itself.
pub(super) async fn require_measure(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    client: &OAuthClient,
) -> Result<()> {
    if cx.flags.credential != Credential::Session {
        return Err(Error::SessionWanted);
    }
    let Some(account) = client.service_account_id else { return Ok(()) };
    let rights = peers::rights(app, cx, account, tenant).await?;
    if !rights.belongs {
        return Err(Error::SubjectNotFound);
    }
    // What the account may not today it may be given tomorrow: its scopes count, not its rights.
    let mut allowed = client.scopes.iter().filter(|one| !IDENTITY_SCOPES.contains(&one.as_str()));
    if allowed.all(|scope| cx.may_give(scope)) { Ok(()) } else { Err(Error::BeyondOwnRights) }
}

pub(super) fn draw() -> Result<ClientSecret> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    Ok(ClientSecret::of(&random))
}

pub(super) fn issued(tenant: TenantId, client: &OAuthClient, rotated: bool) -> OAuthClientIssued {
    OAuthClientIssued {
        client_id: ClientName { tenant, client_id: client.client_id }.to_string(),
        name: client.name.clone(),
        rotated,
    }
}
