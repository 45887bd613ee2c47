//! Single sign-on.

use std::sync::atomic::Ordering;

use tonic::{Code, Request};
use wire::auth::v1::{
    BeginSsoLinkRequest, BeginSsoSignInRequest, FinishSsoRequest, ListSsoChoicesRequest,
    ListSsoChoicesResponse, ListSsoLinksRequest, ListSsoLinksResponse, RemoveSsoLinkRequest,
    RemoveSsoLinkResponse, Session, SsoChoice, SsoJourney, SsoLink,
    sso_sign_ins_server::SsoSignIns,
};

use super::{Answer, Fake, MEMBER, OPERATOR, refusal, sessions::in_an_hour};
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

    async fn begin_sso_sign_in(
        &self,
        request: Request<BeginSsoSignInRequest>,
    ) -> Answer<SsoJourney> {
        let is_invited = !request.get_ref().invitation_token.is_empty();
        let binding = if is_invited { "invited-binding" } else { "sso-binding" };
        Ok(SsoJourney {
            url: "https://idp.example/authorize?state=s".into(),
            binding: binding.into(),
            expires_at: Some(in_an_hour()),
        }
        .into())
    }

    async fn begin_sso_link(&self, _: Request<BeginSsoLinkRequest>) -> Answer<SsoJourney> {
        if self.0.stale.load(Ordering::SeqCst) {
            return Err(refusal(Code::PermissionDenied, "step_up_required", "Prove it again."));
        }
        Ok(SsoJourney {
            url: "https://idp.example/authorize?state=link".into(),
            binding: "link-binding".into(),
            expires_at: Some(in_an_hour()),
        }
        .into())
    }

    async fn list_sso_links(
        &self,
        _: Request<ListSsoLinksRequest>,
    ) -> Answer<ListSsoLinksResponse> {
        let link = SsoLink {
            connection_id: MEMBER.into(),
            name: HOSTILE.into(),
            issuer: "https://idp.example".into(),
            ..Default::default()
        };
        Ok(ListSsoLinksResponse { links: vec![link] }.into())
    }

    async fn remove_sso_link(
        &self,
        request: Request<RemoveSsoLinkRequest>,
    ) -> Answer<RemoveSsoLinkResponse> {
        if self.0.stale.load(Ordering::SeqCst) {
            return Err(refusal(Code::PermissionDenied, "step_up_required", "Prove it again."));
        }
        let id = request.into_inner().connection_id;
        self.0.operated.lock().expect("operated").push(format!("unlink {id}"));
        Ok(RemoveSsoLinkResponse {}.into())
    }

    async fn finish_sso(&self, request: Request<FinishSsoRequest>) -> Answer<Session> {
        let request = request.into_inner();
        let shown = (request.binding.as_str(), request.state.as_str(), request.code.as_str());
        let fits = request.iss == "https://idp.example" && request.connection_id == OPERATOR;
        let binding = match request.invitation_token.as_str() {
            "" => "sso-binding",
            "canary-token" => "invited-binding",
            _ => "nobody's",
        };
        if let Some(status) = self.0.unvouched.lock().expect("unvouched").clone() {
            return Err(status);
        }
        if shown != (binding, "s", "c") || !fits {
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
