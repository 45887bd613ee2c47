//! `usher.auth.v1.Tokens`.

use kernel::{Email, TenantId};
use secrecy::ExposeSecret;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        CheckTokenRequest, CheckTokenResponse, CreateTokensRequest, RefreshTokensRequest,
        RevokeTokensRequest, RevokeTokensResponse, SignInForTokensRequest, TokenSet,
        tokens_server::Tokens,
    },
    id, parse, refuse, timestamp,
};

use super::person;
use crate::{
    App, Error,
    domain::{OWN_CLIENT, Password, RefreshToken},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Tokens for Rpc {
    async fn create_tokens(
        &self,
        request: Request<CreateTokensRequest>,
    ) -> Result<Response<TokenSet>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let tokens = ops::create_tokens(&self.0, &cx, user_id, session_id).await;
        Ok(Response::new(shown(&tokens.map_err(refuse)?)))
    }

    async fn sign_in_for_tokens(
        &self,
        request: Request<SignInForTokensRequest>,
    ) -> Result<Response<TokenSet>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::SignInForTokens {
            email: parse("email", &request.email, Email::parse)?,
            password: parse("password", &request.password, Password::presented)?,
        };
        let signed_in = ops::sign_in_for_tokens(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(match signed_in {
            ops::SignedIn::Tokens(tokens) => shown(&tokens),
            ops::SignedIn::Waiting(session, token) => TokenSet {
                session_id: session.session_id.to_string(),
                second_factor_token: token.expose().into(),
                ..TokenSet::default()
            },
        }))
    }

    async fn refresh_tokens(
        &self,
        request: Request<RefreshTokensRequest>,
    ) -> Result<Response<TokenSet>, Status> {
        let cx = wire::cx(&request)?;
        let token = RefreshToken::parse(&request.get_ref().refresh_token);
        let token = token.ok_or_else(|| refuse(Error::BadToken))?;
        let tokens = ops::refresh_tokens(&self.0, &cx, &token, OWN_CLIENT, "").await;
        Ok(Response::new(shown(&tokens.map_err(refuse)?)))
    }

    async fn revoke_tokens(
        &self,
        request: Request<RevokeTokensRequest>,
    ) -> Result<Response<RevokeTokensResponse>, Status> {
        let cx = wire::cx(&request)?;
        if let Some(token) = RefreshToken::parse(&request.get_ref().refresh_token) {
            ops::revoke_tokens(&self.0, &cx, &token).await.map_err(refuse)?;
        }
        Ok(Response::new(RevokeTokensResponse {}))
    }

    async fn check_token(
        &self,
        request: Request<CheckTokenRequest>,
    ) -> Result<Response<CheckTokenResponse>, Status> {
        let cx = wire::cx(&request)?;
        let said = request.into_inner();
        let said = ops::CheckToken {
            user_id: id("userId", &said.user_id)?,
            session_id: id("sessionId", &said.session_id)?,
            tenant: match said.tenant_id.as_str() {
                "" => TenantId::PLATFORM,
                text => id("tenantId", text)?,
            },
            family_id: parse("familyId", &said.family_id, str::parse::<uuid::Uuid>)?,
            generation: said.generation,
            client_id: said.client_id,
        };
        let of_tenant = ops::check_token(&self.0, &cx, said).await.map_err(refuse)?;
        Ok(Response::new(CheckTokenResponse { of_tenant }))
    }
}

fn shown(tokens: &ops::Tokens) -> TokenSet {
    TokenSet {
        access_token: tokens.access.expose_secret().into(),
        expires_in: tokens.expires_in,
        refresh_token: tokens.refresh.expose().into(),
        refresh_expires_at: Some(timestamp(tokens.family.expires_at)),
        session_id: tokens.family.session_id.to_string(),
        second_factor_token: String::new(),
    }
}
