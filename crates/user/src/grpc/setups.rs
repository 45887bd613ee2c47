//! `usher.user.v1.Setups`.

use kernel::{Email, PersonName};
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, timestamp,
    user::v1::{
        FinishSetupRequest, FinishSetupResponse, ShowSetupRequest, ShowSetupResponse,
        setups_server::Setups,
    },
};

use crate::{
    App, Error,
    domain::{SetupRefusal, SetupSecret},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Setups for Rpc {
    async fn show_setup(
        &self,
        request: Request<ShowSetupRequest>,
    ) -> Result<Response<ShowSetupResponse>, Status> {
        let secret = secret(&request.get_ref().token)?;
        let setup = ops::show_setup(&self.0, &secret).await.map_err(refuse)?;
        Ok(Response::new(ShowSetupResponse { expires_at: Some(timestamp(setup.expires_at)) }))
    }

    async fn finish_setup(
        &self,
        request: Request<FinishSetupRequest>,
    ) -> Result<Response<FinishSetupResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::FinishSetup {
            secret: secret(&request.token)?,
            email: parse("email", &request.email, Email::parse)?,
            name: parse("name", &request.name, PersonName::parse)?,
            password: request.password.into(),
        };
        let person = ops::finish_setup(&self.0, &cx, command).await.map_err(refuse)?;
        let (user_id, email) = (person.user_id.to_string(), person.email.to_string());
        Ok(Response::new(FinishSetupResponse { user_id, email }))
    }
}

/// What is no secret at all is no link either.
fn secret(text: &str) -> Result<SetupSecret, Status> {
    SetupSecret::parse(text).ok_or_else(|| refuse(Error::from(SetupRefusal::Unknown)))
}
