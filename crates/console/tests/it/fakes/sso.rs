//! Single sign-on.

use tonic::{Code, Request};
use wire::auth::v1::{
    BeginSsoLinkRequest, BeginSsoSignInRequest, FinishSsoRequest, ListSsoChoicesRequest,
    ListSsoChoicesResponse, ListSsoLinksRequest, ListSsoLinksResponse, RemoveSsoLinkRequest,
    RemoveSsoLinkResponse, Session, SsoChoice, SsoJourney, sso_sign_ins_server::SsoSignIns,
};

use super::{Answer, Fake, OPERATOR, refusal, sessions::in_an_hour, unasked};
use crate::world::HOSTILE;

#[tonic::async_trait]
impl SsoSignIns for Fake {
    async fn list_sso_choices(
        &self,
        _: Request<ListSsoChoicesRequest>,
    ) -> Answer<ListSsoChoicesResponse> {
        let choice = SsoChoice { connection_id: OPERATOR.into(), name: HOSTILE.into() };
        let public_url = "https://usher.example".into();
        Ok(ListSsoChoicesResponse { choices: vec![choice], public_url }.into())
    }

    async fn begin_sso_sign_in(&self, _: Request<BeginSsoSignInRequest>) -> Answer<SsoJourney> {
        Ok(SsoJourney {
            url: "https://idp.example/authorize?state=s".into(),
            binding: "sso-binding".into(),
            expires_at: Some(in_an_hour()),
        }
        .into())
    }

    async fn begin_sso_link(&self, _: Request<BeginSsoLinkRequest>) -> Answer<SsoJourney> {
        unasked()
    }

    async fn list_sso_links(
        &self,
        _: Request<ListSsoLinksRequest>,
    ) -> Answer<ListSsoLinksResponse> {
        unasked()
    }

    async fn remove_sso_link(
        &self,
        _: Request<RemoveSsoLinkRequest>,
    ) -> Answer<RemoveSsoLinkResponse> {
        unasked()
    }

    async fn finish_sso(&self, request: Request<FinishSsoRequest>) -> Answer<Session> {
        let request = request.into_inner();
        let shown = (request.binding.as_str(), request.state.as_str(), request.code.as_str());
        let fits = request.iss == "https://idp.example" && request.connection_id == OPERATOR;
        if shown != ("sso-binding", "s", "c") || !fits {
            return Err(refusal(Code::Unauthenticated, "sso_refused", "Begin again."));
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
}
