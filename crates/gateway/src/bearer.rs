//! What stands behind a shown token: a session, an access token or an API key.

use std::{collections::BTreeSet, num::NonZeroU32, time::Duration};

use kernel::{Clock, Code, Credential, Cx, SessionId, TenantId, UserId};
use wire::{
    Mesh,
    auth::v1::{
        CheckTokenRequest, IdentifyApiKeyRequest, IdentifySessionRequest,
        api_keys_client::ApiKeysClient, sessions_client::SessionsClient,
        tokens_client::TokensClient,
    },
    instant,
    tokens::{API_KEY_PREFIX, api_key_tenant},
};

use crate::{
    access_tokens::AccessTokens, credential::refused, limits::KeyBudget, passport::of_auth,
    problem::Problem,
};

/// Who stands behind a token, and for what it may be used.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The person, or the service account under the same kind of id.
    pub(crate) id: UserId,
    /// The session, or the key that stands in its place.
    pub(crate) session: SessionId,
    pub(crate) credential: Credential,
    /// Whether the tenant's word alone says who it is: what the person is elsewhere does not count.
    pub(crate) of_tenant: bool,
    /// Permissions to which it is held; all when empty.
    pub(crate) scopes: BTreeSet<String>,
    /// How long it lives, where it says so.
    pub(crate) left: Option<Duration>,
    pub(crate) budget: Option<KeyBudget>,
}

/// Tells what tokens are.
pub(crate) struct Bearers {
    mesh: Mesh,
    clock: Clock,
    access: AccessTokens,
}

impl Bearers {
    pub(crate) fn new(mesh: Mesh, clock: Clock) -> Self {
        Self { access: AccessTokens::new(mesh.clone(), clock.clone()), mesh, clock }
    }

    pub(crate) const fn access_tokens(&self) -> &AccessTokens {
        &self.access
    }

    /// The tenant that the token itself names: an access token once it was verified, a key by its form alone, which
    /// proves nothing yet.
    pub(crate) async fn tenant_of(
        &self,
        token: &str,
        cx: &Cx,
    ) -> Result<Option<TenantId>, Problem> {
        if AccessTokens::is_one(token) {
            return Ok(self.access.read(token, cx).await?.tid);
        }
        if token.starts_with(API_KEY_PREFIX) {
            let tenant = api_key_tenant(token);
            return tenant
                .map(Some)
                .ok_or_else(|| refused("The API key is incomplete or unknown."));
        }
        Ok(None)
    }

    /// Who stands behind the token in the tenant of `cx`; 401 when nobody does. `asking` is the gateway's own context.
    pub(crate) async fn identify(
        &self,
        token: &str,
        cx: &Cx,
        asking: &Cx,
    ) -> Result<Shown, Problem> {
        if AccessTokens::is_one(token) {
            return self.access_token(token, cx, asking).await;
        }
        if token.starts_with(API_KEY_PREFIX) {
            return self.api_key(token, cx, asking).await;
        }
        let request = IdentifySessionRequest { token: token.to_owned() };
        // With the tenant, which may ask more of a session than the platform does.
        let asking = &Cx { tenant: cx.tenant, ..asking.clone() };
        let identity = SessionsClient::new(self.mesh.to("auth"))
            .identify_session(wire::call(asking, request))
            .await
            .map_err(|status| of_auth(&status))?
            .into_inner();
        let only = Some(&identity.tenant_id).filter(|id| !id.is_empty());
        if only.is_some_and(|id| cx.tenant.map(|tenant| tenant.to_string()).as_ref() != Some(id)) {
            let detail = "This session is good in its own workspace alone; sign in for this.";
            return Err(refused(detail));
        }
        Ok(Shown {
            id: UserId::parse(&identity.user_id).map_err(|_| Problem::internal())?,
            session: SessionId::parse(&identity.session_id).map_err(|_| Problem::internal())?,
            credential: Credential::Session,
            of_tenant: only.is_some(),
            scopes: BTreeSet::new(),
            left: None,
            budget: None,
        })
    }

    async fn access_token(&self, token: &str, cx: &Cx, asking: &Cx) -> Result<Shown, Problem> {
        let claims = self.access.read(token, asking).await?;
        if claims.tid != cx.tenant {
            return Err(another_tenant());
        }
        let request = CheckTokenRequest {
            user_id: claims.sub.to_string(),
            session_id: claims.sid.to_string(),
            tenant_id: claims.tid.map(|id| id.to_string()).unwrap_or_default(),
            family_id: claims.family.to_string(),
            generation: claims.generation,
            client_id: claims.client_id.clone(),
        };
        let checked = TokensClient::new(self.mesh.to("auth"))
            .check_token(wire::call(asking, request))
            .await
            .map_err(|status| of_auth(&status))?
            .into_inner();
        let scopes = claims.scope.as_deref().map(|scope| scope.split(' ').map(str::to_owned));
        let credential = match scopes {
            Some(_) => Credential::Delegated,
            None => Credential::Token,
        };
        Ok(Shown {
            id: claims.sub,
            session: claims.sid,
            credential,
            of_tenant: checked.of_tenant,
            scopes: scopes.into_iter().flatten().collect(),
            left: Some(claims.left(self.clock.now())),
            budget: None,
        })
    }

    async fn api_key(&self, token: &str, cx: &Cx, asking: &Cx) -> Result<Shown, Problem> {
        if cx.tenant.is_none() || api_key_tenant(token) != cx.tenant {
            return Err(another_tenant());
        }
        let request = IdentifyApiKeyRequest { secret: token.to_owned() };
        let key = ApiKeysClient::new(self.mesh.to("auth"))
            .identify_api_key(wire::call(asking, request))
            .await
            .map_err(|status| of_auth(&status))?
            .into_inner();
        let id = SessionId::parse(&key.api_key_id).map_err(|_| Problem::internal())?;
        let per_minute = u32::try_from(key.requests_per_minute).ok().and_then(NonZeroU32::new);
        let end = instant(key.expires_at.as_ref());
        Ok(Shown {
            id: UserId::parse(&key.subject_id).map_err(|_| Problem::internal())?,
            session: id,
            credential: Credential::Delegated,
            of_tenant: false,
            scopes: key.scopes.into_iter().collect(),
            left: end.map(|end| end.since(self.clock.now())),
            budget: per_minute.map(|per_minute| KeyBudget { key: id, per_minute }),
        })
    }
}

/// What is of one tenant opens no other, nor the platform's own scope.
fn another_tenant() -> Problem {
    let detail = "The token is of another tenant than the request.";
    Problem::new(Code::Denied, "tenant_mismatch", detail)
}
