//! `usher.auth.v1.StagedPasskeys`.

use kernel::Email;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        BeginStagedPasskeyRequest, PasskeyCeremony, StagePasskeyRequest, StagePasskeyResponse,
        staged_passkeys_server::StagedPasskeys,
    },
    id, parse, refuse,
};

use super::passkeys::key;
use crate::{App, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl StagedPasskeys for Rpc {
    async fn begin_staged_passkey(
        &self,
        request: Request<BeginStagedPasskeyRequest>,
    ) -> Result<Response<PasskeyCeremony>, Status> {
        let request = request.into_inner();
        let user_id = id("userId", &request.user_id)?;
        let email = parse("email", &request.email, Email::parse)?;
        let begun = ops::begin_staged_passkey(&self.0, user_id, email).await.map_err(refuse)?;
        Ok(Response::new(begun.into()))
    }

    async fn stage_passkey(
        &self,
        request: Request<StagePasskeyRequest>,
    ) -> Result<Response<StagePasskeyResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::StagePasskey {
            user_id: id("userId", &request.user_id)?,
            token: key(&request.token)?,
            answer: request.credential,
        };
        let staged = ops::stage_passkey(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(StagePasskeyResponse { credential_id: staged.to_string() }))
    }
}
