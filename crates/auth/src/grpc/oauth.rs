//! `usher.auth.v1.OAuth`.

use kernel::Cx;
use secrecy::ExposeSecret;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        self as proto, Authorization, AuthorizeRequest, AuthorizeResponse, GetUserInfoRequest,
        GrantTokensRequest, GrantTokensResponse, IntrospectTokenRequest, IntrospectTokenResponse,
        PushAuthorizationRequest, PushAuthorizationResponse, RevokeTokenRequest,
        RevokeTokenResponse, ShowAuthorizationRequest, TokenSet, UserInfo, o_auth_server::OAuth,
    },
    refuse, required, timestamp,
};

use super::person;
use crate::{App, Error, domain::OAuthProblem, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl OAuth for Rpc {
    async fn show_authorization(
        &self,
        request: Request<ShowAuthorizationRequest>,
    ) -> Result<Response<Authorization>, Status> {
        let cx = wire::cx(&request)?;
        let (person, wish) = (asked(&cx), wish(request.into_inner()));
        let somebody = person.as_ref().ok().copied();
        let looked = ops::show_authorization(&self.0, &cx, somebody, &wish).await;
        Ok(Response::new(match looked.map_err(refuse)? {
            ops::Looked::Stranger => return Err(refuse(Error::BadToken)),
            ops::Looked::Refusal(address) => {
                Authorization { refusal_uri: address, ..Authorization::default() }
            }
            ops::Looked::Question(question) => Authorization {
                client_name: question.client.name,
                tenant_id: question.tenant.to_string(),
                scopes: question.scopes,
                approval: question.approval.expose_secret().into(),
                refusal_uri: String::new(),
                redirect_uri: question.wish.redirect_uri,
                remembered: question.remembered,
            },
        }))
    }

    async fn authorize(
        &self,
        request: Request<AuthorizeRequest>,
    ) -> Result<Response<AuthorizeResponse>, Status> {
        let cx = wire::cx(&request)?;
        let asked = asked(&cx)?;
        let request = request.into_inner();
        let wish = wish(required("wish", request.wish)?);
        let answer = (request.approval.as_str(), request.agreed);
        let sent = ops::authorize(&self.0, &cx, asked, &wish, answer).await.map_err(refuse)?;
        Ok(Response::new(AuthorizeResponse { redirect_uri: sent.expose_secret().into() }))
    }

    async fn push_authorization(
        &self,
        request: Request<PushAuthorizationRequest>,
    ) -> Result<Response<PushAuthorizationResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let (proof, wish) = (proof(request.client), wish(request.wish.unwrap_or_default()));
        let pushed = ops::push_authorization(&self.0, &cx, &proof, &wish).await;
        let (uri, expires_in) = pushed.map_err(refuse)?;
        let request_uri = uri.expose().to_owned();
        Ok(Response::new(PushAuthorizationResponse { request_uri, expires_in }))
    }

    async fn grant_tokens(
        &self,
        request: Request<GrantTokensRequest>,
    ) -> Result<Response<GrantTokensResponse>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let proof = proof(request.client.take());
        let grant = match request.grant_type.as_str() {
            "authorization_code" => ops::Grant::Code {
                code: request.code.into(),
                redirect_uri: request.redirect_uri,
                verifier: request.code_verifier.into(),
            },
            "refresh_token" => {
                ops::Grant::Refresh { token: request.refresh_token.into(), scope: request.scope }
            }
            "urn:ietf:params:oauth:grant-type:device_code" => {
                ops::Grant::Device { code: request.device_code.into() }
            }
            "urn:ietf:params:oauth:grant-type:token-exchange" => {
                ops::Grant::Exchange(Box::new(exchange(request)))
            }
            "client_credentials" => ops::Grant::Itself { scope: request.scope },
            _ => return Err(refuse(Error::OAuth(OAuthProblem::UnsupportedGrantType))),
        };
        let granted = ops::grant_tokens(&self.0, &cx, &proof, grant).await.map_err(refuse)?;
        Ok(Response::new(shown(&granted)))
    }

    async fn introspect_token(
        &self,
        request: Request<IntrospectTokenRequest>,
    ) -> Result<Response<IntrospectTokenResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let (proof, token) = (proof(request.client), request.token.into());
        let alive = ops::introspect_token(&self.0, &cx, &proof, &token).await.map_err(refuse)?;
        Ok(Response::new(match alive {
            None => IntrospectTokenResponse::default(),
            Some(ops::Alive::Access(claims)) => IntrospectTokenResponse {
                active: true,
                scope: claims.scope.unwrap_or_default(),
                client_id: claims.client_id,
                sub: claims.sub.to_string(),
                exp: claims.exp,
                iat: claims.iat,
                tid: claims.tid.map(|id| id.to_string()).unwrap_or_default(),
                kind: "access_token".into(),
            },
            Some(ops::Alive::Refresh(tenant, family)) => IntrospectTokenResponse {
                active: true,
                scope: family.scope.unwrap_or_default(),
                client_id: family.client_id,
                sub: family.user_id.to_string(),
                exp: family.expires_at.jiff().as_second(),
                iat: family.turned_at.jiff().as_second(),
                tid: tenant.to_string(),
                kind: "refresh_token".into(),
            },
        }))
    }

    async fn revoke_token(
        &self,
        request: Request<RevokeTokenRequest>,
    ) -> Result<Response<RevokeTokenResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let (proof, token) = (proof(request.client), request.token.into());
        ops::revoke_token(&self.0, &cx, &proof, &token).await.map_err(refuse)?;
        Ok(Response::new(RevokeTokenResponse {}))
    }

    async fn get_user_info(
        &self,
        request: Request<GetUserInfoRequest>,
    ) -> Result<Response<UserInfo>, Status> {
        let cx = wire::cx(&request)?;
        let token = request.into_inner().access_token.into();
        let (user_id, email) = ops::get_user_info(&self.0, &cx, &token).await.map_err(refuse)?;
        let email = email.map(|email| email.to_string()).unwrap_or_default();
        Ok(Response::new(UserInfo { sub: user_id.to_string(), email }))
    }
}

pub(super) fn asked(cx: &Cx) -> Result<ops::Asked, Status> {
    let (user_id, session_id) = person(cx)?;
    Ok(ops::Asked { user_id, session_id })
}

fn wish(request: ShowAuthorizationRequest) -> ops::Wish {
    ops::Wish {
        response_type: request.response_type,
        client_id: request.client_id,
        redirect_uri: request.redirect_uri,
        scope: request.scope,
        state: request.state,
        nonce: request.nonce,
        challenge: request.code_challenge,
        challenge_method: request.code_challenge_method,
        prompt: request.prompt,
        request_uri: request.request_uri.into(),
    }
}

/// Nobody in particular where nothing was said: an app that is not known.
pub(super) fn proof(said: Option<proto::ClientProof>) -> ops::ClientProof {
    let said = said.unwrap_or_default();
    ops::ClientProof {
        name: said.client_id,
        secret: said.client_secret.into(),
        assertion: said.client_assertion.into(),
    }
}

fn exchange(request: GrantTokensRequest) -> ops::Exchange {
    ops::Exchange {
        subject: request.subject_token.into(),
        subject_kind: request.subject_token_type,
        actor: request.actor_token.into(),
        actor_kind: request.actor_token_type,
        wanted_kind: request.requested_token_type,
        audience: request.audience,
        resource: request.resource,
        scope: request.scope,
    }
}

fn shown(granted: &ops::Granted) -> GrantTokensResponse {
    let (refresh, end, session) = match &granted.tokens {
        Some(tokens) => (
            tokens.refresh.expose().to_owned(),
            Some(timestamp(tokens.family.expires_at)),
            tokens.family.session_id.to_string(),
        ),
        None => (String::new(), None, String::new()),
    };
    let tokens = TokenSet {
        access_token: granted.access.expose_secret().into(),
        expires_in: granted.expires_in,
        refresh_token: refresh,
        refresh_expires_at: end,
        session_id: session,
        second_factor_token: String::new(),
    };
    let id_token = granted.id_token.as_ref().map(|token| token.expose_secret().to_owned());
    GrantTokensResponse {
        tokens: Some(tokens),
        scope: granted.scope.clone(),
        id_token: id_token.unwrap_or_default(),
    }
}
