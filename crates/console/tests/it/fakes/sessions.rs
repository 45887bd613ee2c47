//! Sign-in.

use std::sync::atomic::Ordering;

use tonic::{Code, Request};
use wire::auth::v1::{
    CreateSessionRequest, EndSessionRequest, EndSessionResponse, IdentifySessionRequest, Identity,
    IssueSessionRequest, Session, sessions_server::Sessions,
};

use super::{Answer, Fake, MEMBER, OPERATOR, PASSWORD, refusal, unasked};

#[tonic::async_trait]
impl Sessions for Fake {
    async fn create_session(&self, request: Request<CreateSessionRequest>) -> Answer<Session> {
        let request = request.into_inner();
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
        }
        .into())
    }

    async fn end_session(&self, _: Request<EndSessionRequest>) -> Answer<EndSessionResponse> {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
        Ok(EndSessionResponse {}.into())
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
        }
        .into())
    }
}

fn in_an_hour() -> prost_types::Timestamp {
    let hour = std::time::Duration::from_secs(3600);
    wire::timestamp(kernel::Clock::system().now().after(hour))
}
