//! `usher.auth.v1.OAuthClients`.

use kernel::{Cx, PageSize, TenantId, UserId};
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::{
    auth::v1::{
        CreateOAuthClientRequest, EndOAuthClientRequest, JsonWebKey, ListOAuthClientsRequest,
        ListOAuthClientsResponse, NewOAuthClient, OAuthClient, ReplaceOAuthClientKeysRequest,
        RotateOAuthClientSecretRequest, o_auth_clients_server::OAuthClients,
    },
    id, refuse, timestamp,
};

use crate::{
    App, Error,
    domain::{self, ClientKey, ClientName, ClientSecret},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl OAuthClients for Rpc {
    async fn create_o_auth_client(
        &self,
        request: Request<CreateOAuthClientRequest>,
    ) -> Result<Response<NewOAuthClient>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let request = request.into_inner();
        let account = Some(request.service_account_id).filter(|text| !text.is_empty());
        let command = ops::CreateOAuthClient {
            tenant,
            name: request.name,
            confidential: request.confidential,
            redirect_uris: request.redirect_uris,
            scopes: request.scopes,
            service_account_id: account
                .map(|text| id::<UserId>("serviceAccountId", &text))
                .transpose()?,
            grants: request.grants,
            post_logout_redirect_uris: request.post_logout_redirect_uris,
            backchannel_logout_uri: request.backchannel_logout_uri,
            backchannel_logout_session_required: request.backchannel_logout_session_required,
            keys: keys(request.keys),
            require_pushed: request.require_pushed_authorization_requests,
        };
        let (client, secret) =
            ops::create_oauth_client(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(shown(tenant, &client, secret.as_ref())))
    }

    async fn list_o_auth_clients(
        &self,
        request: Request<ListOAuthClientsRequest>,
    ) -> Result<Response<ListOAuthClientsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| id::<UserId>("pageToken", &token)).transpose()?;
        let (size, after) = (PageSize::from_wire(request.page_size), after.map(UserId::uuid));
        let page = ops::list_oauth_clients(&self.0, tenant, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListOAuthClientsResponse {
            clients: page.items.iter().map(|client| listed(tenant, client)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn rotate_o_auth_client_secret(
        &self,
        request: Request<RotateOAuthClientSecretRequest>,
    ) -> Result<Response<NewOAuthClient>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let id = own(tenant, &request.get_ref().oauth_client_id)?;
        let (client, secret) =
            ops::rotate_oauth_client(&self.0, &cx, tenant, id).await.map_err(refuse)?;
        Ok(Response::new(shown(tenant, &client, Some(&secret))))
    }

    async fn replace_o_auth_client_keys(
        &self,
        request: Request<ReplaceOAuthClientKeysRequest>,
    ) -> Result<Response<OAuthClient>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let request = request.into_inner();
        let (id, keys) = (own(tenant, &request.oauth_client_id)?, keys(request.keys));
        let client = ops::replace_client_keys(&self.0, &cx, tenant, id, keys).await;
        Ok(Response::new(listed(tenant, &client.map_err(refuse)?)))
    }

    async fn end_o_auth_client(
        &self,
        request: Request<EndOAuthClientRequest>,
    ) -> Result<Response<OAuthClient>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let id = own(tenant, &request.get_ref().oauth_client_id)?;
        let client = ops::end_oauth_client(&self.0, &cx, tenant, id).await.map_err(refuse)?;
        Ok(Response::new(listed(tenant, &client)))
    }
}

/// The tenant of the call; the rule lets none pass without one.
fn tenant(cx: &Cx) -> Result<TenantId, Status> {
    cx.tenant.ok_or_else(|| refuse(Error::TenantUnknown))
}

/// The app of this tenant that has this name; another tenant's is one that is not there.
pub(super) fn own(tenant: TenantId, text: &str) -> Result<Uuid, Status> {
    let name = ClientName::parse(text).filter(|name| name.tenant == tenant);
    name.map(|name| name.client_id).ok_or_else(|| refuse(Error::OAuthClientNotFound))
}

pub(super) fn keys(keys: Vec<JsonWebKey>) -> Vec<ClientKey> {
    let key = |key: JsonWebKey| ClientKey {
        kid: key.kid,
        kty: key.kty,
        crv: key.crv,
        x: key.x,
        y: key.y,
        n: key.n,
        e: key.e,
        alg: key.alg,
        purpose: key.r#use,
    };
    keys.into_iter().map(key).collect()
}

fn shown_key(key: ClientKey) -> JsonWebKey {
    JsonWebKey {
        kid: key.kid,
        kty: key.kty,
        crv: key.crv,
        x: key.x,
        y: key.y,
        n: key.n,
        e: key.e,
        alg: key.alg,
        r#use: key.purpose,
    }
}

pub(super) fn listed(tenant: TenantId, client: &domain::OAuthClient) -> OAuthClient {
    OAuthClient {
        client_id: ClientName { tenant, client_id: client.client_id }.to_string(),
        name: client.name.clone(),
        confidential: client.is_confidential(),
        redirect_uris: client.redirect_uris.clone(),
        scopes: client.scopes.clone(),
        service_account_id: client.service_account_id.map(|id| id.to_string()).unwrap_or_default(),
        created_at: Some(timestamp(client.created_at)),
        ended_at: client.ended_at.map(timestamp),
        grants: client.grants.clone(),
        post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
        backchannel_logout_uri: client.backchannel_logout_uri.clone().unwrap_or_default(),
        backchannel_logout_session_required: client.backchannel_logout_session_required,
        keys: client.keys().into_iter().map(shown_key).collect(),
        require_pushed_authorization_requests: client.require_pushed,
        implicit_consent: client.implicit_consent,
    }
}

pub(super) fn shown(
    tenant: TenantId,
    client: &domain::OAuthClient,
    secret: Option<&ClientSecret>,
) -> NewOAuthClient {
    NewOAuthClient {
        client: Some(listed(tenant, client)),
        client_secret: secret.map(|secret| secret.expose().to_owned()).unwrap_or_default(),
    }
}
