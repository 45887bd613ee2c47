//! `usher.auth.v1.Credentials`.

use kernel::Email;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        ActivateCredentialRequest, ActivateCredentialResponse, RequireFreshRequest,
        RequireFreshResponse, StageCredentialRequest, StageCredentialResponse,
        VerifyPasswordRequest, VerifyPasswordResponse, credentials_server::Credentials,
    },
    id, parse, refuse,
};

use crate::{
    App, Error,
    domain::{CredentialId, Floor, Password},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Credentials for Rpc {
    async fn stage_credential(
        &self,
        request: Request<StageCredentialRequest>,
    ) -> Result<Response<StageCredentialResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let email = parse("email", &request.email, Email::parse)?;
        let password = Password::chosen(&request.password, &email, Floor::Alone)
            .and_then(|password| password.beside(&request.words))
            .map_err(Error::from);
        let command = ops::StageCredential {
            user_id: id("userId", &request.user_id)?,
            password: password.map_err(refuse)?,
            email,
            words: request.words,
        };
        let staged = ops::stage_credential(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(StageCredentialResponse { credential_id: staged.to_string() }))
    }

    async fn activate_credential(
        &self,
        request: Request<ActivateCredentialRequest>,
    ) -> Result<Response<ActivateCredentialResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::ActivateCredential {
            user_id: id("userId", &request.user_id)?,
            credential_id: parse("credentialId", &request.credential_id, CredentialId::parse)?,
        };
        ops::activate_credential(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(ActivateCredentialResponse {}))
    }

    async fn verify_password(
        &self,
        request: Request<VerifyPasswordRequest>,
    ) -> Result<Response<VerifyPasswordResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::VerifyPassword {
            user_id: id("userId", &request.user_id)?,
            password: parse("password", &request.password, Password::presented)?,
        };
        ops::verify_password(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(VerifyPasswordResponse {}))
    }

    async fn require_fresh(
        &self,
        request: Request<RequireFreshRequest>,
    ) -> Result<Response<RequireFreshResponse>, Status> {
        let request = request.into_inner();
        let user_id = id("userId", &request.user_id)?;
        let session_id = id("sessionId", &request.session_id)?;
        ops::confirm_fresh(&self.0, user_id, session_id).await.map_err(refuse)?;
        Ok(Response::new(RequireFreshResponse {}))
    }
}
