//! Makes an app.

use aws_lc_rs::rand;
use kernel::{Credential, Cx, TenantId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::auth::v1::OAuthClientIssued;

use crate::{
    App, Error, Result,
    domain::{
        BadClientWish, BadKeyWish, ClientKey, ClientName, ClientSecret, IDENTITY_SCOPES,
        KeyRefusal, OAuthClient, backchannel_uri, client_keys, client_scopes, extra_grants,
        key_name, redirect_uris,
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
    pub(crate) grants: Vec<String>,
    pub(crate) post_logout_redirect_uris: Vec<String>,
    pub(crate) backchannel_logout_uri: String,
    pub(crate) backchannel_logout_session_required: bool,
    pub(crate) keys: Vec<ClientKey>,
    pub(crate) require_pushed: bool,
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
    let named = |problem: BadKeyWish| KeyRefusal::BadWish("name", problem);
    let jwks = kept_keys(command.keys)?;
    if jwks.is_some() && !command.confidential {
        return Err(Error::ClientRefused("keys", BadClientWish::ServiceAccount));
    }
    let has_secret = command.confidential && jwks.is_none();
    let secret = has_secret.then(draw).transpose()?;
    let client = OAuthClient {
        client_id: app.clock.new_id::<Uuid>(),
        name: key_name(&command.name).map_err(named)?,
        secret_hash: secret.as_ref().map(ClientSecret::hash),
        redirect_uris: redirect_uris(command.redirect_uris).map_err(refused("redirectUris"))?,
        scopes: client_scopes(command.scopes, wire::rules::is_asked_for)
            .map_err(refused("scopes"))?,
        service_account_id: command.service_account_id,
        grants: extra_grants(command.grants).map_err(refused("grants"))?,
        post_logout_redirect_uris: redirect_uris(command.post_logout_redirect_uris)
            .map_err(refused("postLogoutRedirectUris"))?,
        backchannel_logout_uri: backchannel_uri(command.backchannel_logout_uri)
            .map_err(refused("backchannelLogoutUri"))?,
        backchannel_logout_session_required: command.backchannel_logout_session_required,
        jwks,
        require_pushed: command.require_pushed,
        implicit_consent: false,
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

/// Keys as they are kept; none for an app that proves itself otherwise.
pub(super) fn kept_keys(keys: Vec<ClientKey>) -> Result<Option<Value>> {
    let keys = client_keys(keys).map_err(|problem| Error::ClientRefused("keys", problem))?;
    Ok(Some(json!(keys)).filter(|_| !keys.is_empty()))
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
