//! Strangers who sign up, and the proof they give.

use std::sync::atomic::Ordering;

use tonic::{Code, Request};
use wire::{
    auth::v1::{
        Captcha, Challenge, CheckProofRequest, CheckProofResponse, CreateChallengeRequest,
        ShowCaptchaRequest, captchas_server::Captchas,
    },
    user::v1::{
        AskSignUpRequest, AskSignUpResponse, FinishSignUpRequest, FinishSignUpResponse,
        GetSignUpPolicyRequest, PutSignUpPolicyRequest, RevealSignUpRequest, ShowSignUpRequest,
        ShowSignUpResponse, SignUpPolicy, SignUpSecrets, sign_ups_server::SignUps,
    },
};

use super::{Answer, BINDING, Fake, MEMBER, refusal, sessions::in_an_hour, unasked};

#[tonic::async_trait]
impl Captchas for Fake {
    async fn show_captcha(&self, _: Request<ShowCaptchaRequest>) -> Answer<Captcha> {
        let kind = self.0.captcha.lock().expect("captcha").clone();
        Ok(Captcha { kind, site_key: "the-site-key".into() }.into())
    }

    async fn create_challenge(&self, _: Request<CreateChallengeRequest>) -> Answer<Challenge> {
        unasked()
    }

    async fn check_proof(&self, request: Request<CheckProofRequest>) -> Answer<CheckProofResponse> {
        let asked = request.into_inner();
        let kind = self.0.captcha.lock().expect("captcha").clone();
        match (kind.as_str(), asked.proof.as_str()) {
            ("off" | "", _) | (_, "good") => Ok(CheckProofResponse {}.into()),
            _ => Err(refusal(Code::PermissionDenied, "captcha_refused", "It does not count.")),
        }
    }
}

#[tonic::async_trait]
impl SignUps for Fake {
    async fn show_sign_up(&self, _: Request<ShowSignUpRequest>) -> Answer<ShowSignUpResponse> {
        let open = !self.0.closed_to_strangers.load(Ordering::SeqCst);
        Ok(ShowSignUpResponse { open }.into())
    }

    async fn get_sign_up_policy(&self, _: Request<GetSignUpPolicyRequest>) -> Answer<SignUpPolicy> {
        unasked()
    }

    async fn put_sign_up_policy(&self, _: Request<PutSignUpPolicyRequest>) -> Answer<SignUpPolicy> {
        unasked()
    }

    async fn ask_sign_up(&self, request: Request<AskSignUpRequest>) -> Answer<AskSignUpResponse> {
        self.0.letters.lock().expect("letters").push(request.into_inner().locale);
        let expires_at = Some(in_an_hour());
        Ok(AskSignUpResponse { binding: BINDING.into(), expires_at }.into())
    }

    async fn finish_sign_up(
        &self,
        request: Request<FinishSignUpRequest>,
    ) -> Answer<FinishSignUpResponse> {
        let request = request.into_inner();
        if request.binding != BINDING || (request.code != "12345678" && request.token != "good") {
            return Err(refusal(Code::Unauthenticated, "sign_up_refused", "It does not fit."));
        }
        self.0.accepted.fetch_add(1, Ordering::SeqCst);
        Ok(FinishSignUpResponse { user_id: MEMBER.into(), email: "ann@usher.example".into() }
            .into())
    }

    async fn reveal_sign_up(&self, _: Request<RevealSignUpRequest>) -> Answer<SignUpSecrets> {
        unasked()
    }
}
