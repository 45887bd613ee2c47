//! `usher.auth.v1.PlatformClients`.

use kernel::{PageSize, TenantId, UserId};
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        CreatePlatformClientRequest, EndPlatformClientRequest, ListOAuthClientsResponse,
        ListPlatformClientsRequest, NewOAuthClient, OAuthClient, ReplacePlatformClientKeysRequest,
        RotatePlatformClientSecretRequest, SetPlatformClientConsentRequest,
        platform_clients_server::PlatformClients,
    },
    id, refuse,
};

use super::oauth_clients::{keys, listed, own, shown};
use crate::{App, ops};

/// The tenant of the platform's own apps.
const HERE: TenantId = TenantId::PLATFORM;

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl PlatformClients for Rpc {
    async fn create_platform_client(
        &self,
        request: Request<CreatePlatformClientRequest>,
    ) -> Result<Response<NewOAuthClient>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::CreateOAuthClient {
            tenant: HERE,
            name: request.name,
            confidential: request.confidential,
            redirect_uris: request.redirect_uris,
            scopes: request.scopes,
            service_account_id: None,
            grants: Vec::new(),
            post_logout_redirect_uris: request.post_logout_redirect_uris,
            backchannel_logout_uri: request.backchannel_logout_uri,
            backchannel_logout_session_required: request.backchannel_logout_session_required,
            keys: keys(request.keys),
            require_pushed: request.require_pushed_authorization_requests,
        };
        let made = ops::create_oauth_client(&self.0, &cx, command).await;
        let (client, secret) = made.map_err(refuse)?;
        Ok(Response::new(shown(HERE, &client, secret.as_ref())))
    }

    async fn list_platform_clients(
        &self,
        request: Request<ListPlatformClientsRequest>,
    ) -> Result<Response<ListOAuthClientsResponse>, Status> {
        let request = request.into_inner();
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| id::<UserId>("pageToken", &token)).transpose()?;
        let (size, after) = (PageSize::from_wire(request.page_size), after.map(UserId::uuid));
        let page = ops::list_oauth_clients(&self.0, HERE, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListOAuthClientsResponse {
            clients: page.items.iter().map(|client| listed(HERE, client)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn rotate_platform_client_secret(
        &self,
        request: Request<RotatePlatformClientSecretRequest>,
    ) -> Result<Response<NewOAuthClient>, Status> {
        let cx = wire::cx(&request)?;
        let id = own(HERE, &request.get_ref().oauth_client_id)?;
        let rotated = ops::rotate_oauth_client(&self.0, &cx, HERE, id).await;
        let (client, secret) = rotated.map_err(refuse)?;
        Ok(Response::new(shown(HERE, &client, Some(&secret))))
    }

    async fn replace_platform_client_keys(
        &self,
        request: Request<ReplacePlatformClientKeysRequest>,
    ) -> Result<Response<OAuthClient>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let (id, keys) = (own(HERE, &request.oauth_client_id)?, keys(request.keys));
        let client = ops::replace_client_keys(&self.0, &cx, HERE, id, keys).await;
        Ok(Response::new(listed(HERE, &client.map_err(refuse)?)))
    }

    async fn set_platform_client_consent(
        &self,
        request: Request<SetPlatformClientConsentRequest>,
    ) -> Result<Response<OAuthClient>, Status> {
        let cx = wire::cx(&request)?;
        let id = own(HERE, &request.get_ref().oauth_client_id)?;
        let implicit = request.get_ref().implicit;
        let client = ops::set_client_consent(&self.0, &cx, id, implicit).await.map_err(refuse)?;
        Ok(Response::new(listed(HERE, &client)))
    }

    async fn end_platform_client(
        &self,
        request: Request<EndPlatformClientRequest>,
    ) -> Result<Response<OAuthClient>, Status> {
        let cx = wire::cx(&request)?;
        let id = own(HERE, &request.get_ref().oauth_client_id)?;
        let client = ops::end_oauth_client(&self.0, &cx, HERE, id).await.map_err(refuse)?;
        Ok(Response::new(listed(HERE, &client)))
    }
}
