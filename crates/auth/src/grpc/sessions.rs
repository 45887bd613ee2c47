//! `usher.auth.v1.Sessions`.

use kernel::{Email, PageSize};
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        CreateSessionRequest, EndAllSessionsRequest, EndAllSessionsResponse,
        EndNamedSessionRequest, EndNamedSessionResponse, EndOtherSessionsRequest,
        EndOtherSessionsResponse, EndSessionRequest, EndSessionResponse, IdentifySessionRequest,
        Identity, IssueSessionRequest, ListSessionsRequest, ListSessionsResponse, Session,
        sessions_server::Sessions,
    },
    id, parse, refuse,
};

use crate::{
    App, Error,
    domain::{EndCause, Password, Ttl},
    grpc::{
        convert::{known, listed, opened},
        person,
    },
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
        let (user_id, session_id) = person(&cx)?;
        ops::end_session(&self.0, &cx, user_id, session_id).await.map_err(refuse)?;
        Ok(Response::new(EndSessionResponse {}))
    }

    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, current) = person(&cx)?;
        let request = request.into_inner();
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| id("pageToken", &token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_sessions(&self.0, user_id, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListSessionsResponse {
            sessions: page.items.iter().map(|session| listed(session, current)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn end_named_session(
        &self,
        request: Request<EndNamedSessionRequest>,
    ) -> Result<Response<EndNamedSessionResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, _) = person(&cx)?;
        let session_id = id("sessionId", &request.get_ref().session_id)?;
        ops::end_session(&self.0, &cx, user_id, session_id).await.map_err(refuse)?;
        Ok(Response::new(EndNamedSessionResponse {}))
    }

    async fn end_other_sessions(
        &self,
        request: Request<EndOtherSessionsRequest>,
    ) -> Result<Response<EndOtherSessionsResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, current) = person(&cx)?;
        let wish = ops::EndSessions { user_id, kept: Some(current), cause: EndCause::ByHand };
        let ended = ops::end_sessions(&self.0, &cx, wish).await.map_err(refuse)?;
        Ok(Response::new(EndOtherSessionsResponse { ended }))
    }

    async fn end_all_sessions(
        &self,
        request: Request<EndAllSessionsRequest>,
    ) -> Result<Response<EndAllSessionsResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, _) = person(&cx)?;
        let wish = ops::EndSessions { user_id, kept: None, cause: EndCause::ByHand };
        let ended = ops::end_sessions(&self.0, &cx, wish).await.map_err(refuse)?;
        Ok(Response::new(EndAllSessionsResponse { ended }))
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
        let cx = wire::cx(&request)?;
        let token = &request.get_ref().token;
        let identified = ops::identify_session(&self.0, &cx, token).await.map_err(refuse)?;
        Ok(Response::new(known(&identified)))
    }
}
