//! Sign-in.

use std::sync::atomic::Ordering;

use tonic::{Code, Request};
use wire::auth::v1::{
    CreateSessionRequest, EndAllSessionsRequest, EndAllSessionsResponse, EndNamedSessionRequest,
    EndNamedSessionResponse, EndOtherSessionsRequest, EndOtherSessionsResponse, EndSessionRequest,
    EndSessionResponse, IdentifySessionRequest, Identity, IssueSessionRequest, ListSessionsRequest,
    ListSessionsResponse, OpenSession, Session, sessions_server::Sessions,
};

use super::{Answer, Fake, MEMBER, OPERATOR, PASSWORD, refusal, unasked};
use crate::world::HOSTILE;

#[tonic::async_trait]
impl Sessions for Fake {
    async fn create_session(&self, request: Request<CreateSessionRequest>) -> Answer<Session> {
        let request = request.into_inner();
        if request.email == "guarded@usher.example" && request.password == PASSWORD {
            return Ok(Session {
                token: "waiting-token".into(),
                expires_at: Some(in_an_hour()),
                second_factor_required: true,
                ..Default::default()
            }
            .into());
        }
        if request.email != "operator@usher.example" || request.password != PASSWORD {
            return Err(refusal(
                Code::Unauthenticated,
                "wrong_credentials",
                "Wrong e-mail or password.",
            ));
        }
        Ok(Session {
            session_id: OPERATOR.into(),
            user_id: OPERATOR.into(),
            token: "operator-token".into(),
            expires_at: Some(in_an_hour()),
            second_factor_required: false,
        }
        .into())
    }

    async fn end_session(&self, _: Request<EndSessionRequest>) -> Answer<EndSessionResponse> {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
        Ok(EndSessionResponse {}.into())
    }

    async fn list_sessions(&self, _: Request<ListSessionsRequest>) -> Answer<ListSessionsResponse> {
        let session = |session_id: &str, device: &str| OpenSession {
            session_id: session_id.into(),
            device: device.into(),
            address: "203.0.113.7".into(),
            current: session_id == OPERATOR,
            ..Default::default()
        };
        let sessions = vec![session(MEMBER, HOSTILE), session(OPERATOR, "Firefox on Linux")];
        Ok(ListSessionsResponse { sessions, ..Default::default() }.into())
    }

    async fn end_named_session(
        &self,
        request: Request<EndNamedSessionRequest>,
    ) -> Answer<EndNamedSessionResponse> {
        assert_eq!(request.into_inner().session_id, MEMBER);
        self.0.ended.fetch_add(1, Ordering::SeqCst);
        Ok(EndNamedSessionResponse {}.into())
    }

    async fn end_other_sessions(
        &self,
        _: Request<EndOtherSessionsRequest>,
    ) -> Answer<EndOtherSessionsResponse> {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
        Ok(EndOtherSessionsResponse { ended: 1 }.into())
    }

    async fn end_all_sessions(
        &self,
        _: Request<EndAllSessionsRequest>,
    ) -> Answer<EndAllSessionsResponse> {
        unasked()
    }

    async fn issue_session(&self, _: Request<IssueSessionRequest>) -> Answer<Session> {
        unasked()
    }

    async fn identify_session(&self, request: Request<IdentifySessionRequest>) -> Answer<Identity> {
        let user_id = match request.into_inner().token.as_str() {
            "operator-token" => OPERATOR,
            "member-token" => MEMBER,
            _ => {
                return Err(refusal(Code::Unauthenticated, "bad_token", "The token is not known."));
            }
        };
        Ok(Identity {
            user_id: user_id.into(),
            session_id: user_id.into(),
            expires_at: Some(in_an_hour()),
            tenant_id: String::new(),
        }
        .into())
    }
}

pub(super) fn in_an_hour() -> prost_types::Timestamp {
    let hour = std::time::Duration::from_secs(3600);
    wire::timestamp(kernel::Clock::system().now().after(hour))
}
