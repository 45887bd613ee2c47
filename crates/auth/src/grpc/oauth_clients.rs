//! `usher.auth.v1.OAuthClients`.

use kernel::{Cx, PageSize, TenantId, UserId};
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::{
    auth::v1::{
        CreateOAuthClientRequest, EndOAuthClientRequest, ListOAuthClientsRequest,
        ListOAuthClientsResponse, NewOAuthClient, OAuthClient, RotateOAuthClientSecretRequest,
        o_auth_clients_server::OAuthClients,
    },
    id, refuse, timestamp,
};

use crate::{
    App, Error,
    domain::{self, ClientName, ClientSecret},
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
fn own(tenant: TenantId, text: &str) -> Result<Uuid, Status> {
    let name = ClientName::parse(text).filter(|name| name.tenant == tenant);
    name.map(|name| name.client_id).ok_or_else(|| refuse(Error::OAuthClientNotFound))
}

fn listed(tenant: TenantId, client: &domain::OAuthClient) -> OAuthClient {
    OAuthClient {
        client_id: ClientName { tenant, client_id: client.client_id }.to_string(),
        name: client.name.clone(),
        confidential: client.secret_hash.is_some(),
        redirect_uris: client.redirect_uris.clone(),
        scopes: client.scopes.clone(),
        service_account_id: client.service_account_id.map(|id| id.to_string()).unwrap_or_default(),
        created_at: Some(timestamp(client.created_at)),
        ended_at: client.ended_at.map(timestamp),
    }
}

fn shown(
    tenant: TenantId,
    client: &domain::OAuthClient,
    secret: Option<&ClientSecret>,
) -> NewOAuthClient {
    NewOAuthClient {
        client: Some(listed(tenant, client)),
        client_secret: secret.map(|secret| secret.expose().to_owned()).unwrap_or_default(),
    }
}
