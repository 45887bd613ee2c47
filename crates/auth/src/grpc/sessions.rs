//! `usher.auth.v1.Sessions`.

use kernel::{Actor, Email};
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        CreateSessionRequest, EndSessionRequest, EndSessionResponse, IdentifySessionRequest,
        Identity, IssueSessionRequest, Session, sessions_server::Sessions,
    },
    id, parse, refuse,
};

use crate::{
    App, Error,
    domain::{Password, Ttl},
    grpc::convert::opened,
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Sessions for Rpc {
    async fn create_session(
        &self,
        request: Request<CreateSessionRequest>,
    ) -> Result<Response<Session>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::CreateSession {
            email: parse("email", &request.email, Email::parse)?,
            password: parse("password", &request.password, Password::presented)?,
        };
        let session = ops::create_session(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(opened(&session)))
    }

    async fn end_session(
        &self,
        request: Request<EndSessionRequest>,
    ) -> Result<Response<EndSessionResponse>, Status> {
        let cx = wire::cx(&request)?;
        // The rule lets only signed-in people in.
        let Actor::User { id, session } = cx.actor else {
            return Err(refuse(Error::BadToken));
        };
        ops::end_session(&self.0, &cx, id, session).await.map_err(refuse)?;
        Ok(Response::new(EndSessionResponse {}))
    }

    async fn issue_session(
        &self,
        request: Request<IssueSessionRequest>,
    ) -> Result<Response<Session>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::IssueSession {
            user_id: id("userId", &request.user_id)?,
            ttl: Ttl::from_seconds(request.ttl_seconds).map_err(Error::from).map_err(refuse)?,
        };
        let session = ops::issue_session(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(opened(&session)))
    }

    async fn identify_session(
        &self,
        request: Request<IdentifySessionRequest>,
    ) -> Result<Response<Identity>, Status> {
        let session =
            ops::identify_session(&self.0, &request.get_ref().token).await.map_err(refuse)?;
        Ok(Response::new((&session).into()))
    }
}
