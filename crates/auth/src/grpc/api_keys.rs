//! `usher.auth.v1.ApiKeys`.

use kernel::{Cx, PageSize, TenantId, UserId};
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::{
    auth::v1::{
        ApiKey, ApiKeyIdentity, CreateApiKeyRequest, IdentifyApiKeyRequest, ListApiKeysRequest,
        ListApiKeysResponse, NewApiKey, RevokeApiKeyRequest, RotateApiKeyRequest,
        api_keys_server::ApiKeys,
    },
    id, instant, refuse, timestamp,
};

use super::person;
use crate::{
    App, Error,
    domain::{self, KeyRefusal, KeySecret, KeySubject, key_overlap},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl ApiKeys for Rpc {
    async fn create_api_key(
        &self,
        request: Request<CreateApiKeyRequest>,
    ) -> Result<Response<NewApiKey>, Status> {
        let cx = wire::cx(&request)?;
        let (caller, _) = person(&cx)?;
        let request = request.into_inner();
        let (subject_type, subject_id) = match request.service_account_id.as_str() {
            "" => (KeySubject::Person, caller),
            text => (KeySubject::ServiceAccount, id::<UserId>("serviceAccountId", text)?),
        };
        let command = ops::CreateApiKey {
            tenant: tenant(&cx)?,
            name: request.name,
            subject_type,
            subject_id,
            scopes: request.scopes,
            requests_per_minute: request.requests_per_minute,
            expires_at: instant(request.expires_at.as_ref()),
        };
        let made = ops::create_api_key(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(shown(&made)))
    }

    async fn list_api_keys(
        &self,
        request: Request<ListApiKeysRequest>,
    ) -> Result<Response<ListApiKeysResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| key_id("pageToken", &token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_api_keys(&self.0, tenant, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListApiKeysResponse {
            api_keys: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn rotate_api_key(
        &self,
        request: Request<RotateApiKeyRequest>,
    ) -> Result<Response<NewApiKey>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let id = key_id("apiKeyId", &request.api_key_id)?;
        let refused = |problem| refuse(Error::from(KeyRefusal::BadWish("overlapMinutes", problem)));
        let overlap = key_overlap(request.overlap_minutes).map_err(refused)?;
        let tenant = tenant(&cx)?;
        let rotated = ops::rotate_api_key(&self.0, &cx, tenant, id, overlap).await;
        Ok(Response::new(shown(&rotated.map_err(refuse)?)))
    }

    async fn revoke_api_key(
        &self,
        request: Request<RevokeApiKeyRequest>,
    ) -> Result<Response<ApiKey>, Status> {
        let cx = wire::cx(&request)?;
        let id = key_id("apiKeyId", &request.get_ref().api_key_id)?;
        let ended = ops::revoke_api_key(&self.0, &cx, tenant(&cx)?, id).await.map_err(refuse)?;
        Ok(Response::new((&ended).into()))
    }

    async fn identify_api_key(
        &self,
        request: Request<IdentifyApiKeyRequest>,
    ) -> Result<Response<ApiKeyIdentity>, Status> {
        let secret = KeySecret::parse(&request.get_ref().secret);
        let secret = secret.ok_or_else(|| refuse(Error::BadToken))?;
        let key = ops::identify_api_key(&self.0, &secret).await.map_err(refuse)?;
        Ok(Response::new(ApiKeyIdentity {
            api_key_id: key.api_key_id.to_string(),
            tenant_id: secret.tenant.to_string(),
            subject_id: key.subject_id.to_string(),
            scopes: key.scopes,
            requests_per_minute: key.requests_per_minute,
            expires_at: key.expires_at.map(timestamp),
        }))
    }
}

/// The tenant of the call; the rule lets none pass without one.
fn tenant(cx: &Cx) -> Result<TenantId, Status> {
    cx.tenant.ok_or_else(|| refuse(Error::TenantUnknown))
}

fn key_id(field: &str, text: &str) -> Result<Uuid, Status> {
    // As every id: one spelling alone.
    id::<UserId>(field, text).map(UserId::uuid)
}

fn shown((key, secret): &(domain::ApiKey, KeySecret)) -> NewApiKey {
    NewApiKey { api_key: Some(key.into()), secret: secret.expose().into() }
}

impl From<&domain::ApiKey> for ApiKey {
    fn from(key: &domain::ApiKey) -> Self {
        Self {
            api_key_id: key.api_key_id.to_string(),
            name: key.name.clone(),
            hint: key.hint.clone(),
            subject_type: key.subject_type.to_string(),
            subject_id: key.subject_id.to_string(),
            scopes: key.scopes.clone(),
            requests_per_minute: key.requests_per_minute,
            expires_at: key.expires_at.map(timestamp),
            created_at: Some(timestamp(key.created_at)),
            created_by: key.created_by.clone(),
            last_used_at: key.last_used_at.map(timestamp),
            revoked_at: key.revoked_at.map(timestamp),
        }
    }
}
