//! `usher.auth.v1.Passwords`.

use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{ChangePasswordRequest, ChangePasswordResponse, passwords_server::Passwords},
    parse, refuse,
};

use super::person;
use crate::{App, domain::Password, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Passwords for Rpc {
    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Result<Response<ChangePasswordResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let request = request.into_inner();
        let command = ops::ChangePassword {
            user_id,
            session_id,
            current: parse("currentPassword", &request.current_password, Password::typed)?,
            new: request.new_password.into(),
        };
        let ended_sessions = ops::change_password(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(ChangePasswordResponse { ended_sessions }))
    }
}
