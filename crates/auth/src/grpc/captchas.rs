//! `usher.auth.v1.Captchas`.

use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        Captcha, Challenge, CheckProofRequest, CheckProofResponse, CreateChallengeRequest,
        ShowCaptchaRequest, captchas_server::Captchas,
    },
    refuse, timestamp,
};

use crate::{App, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Captchas for Rpc {
    async fn show_captcha(
        &self,
        _: Request<ShowCaptchaRequest>,
    ) -> Result<Response<Captcha>, Status> {
        let captcha = &self.0.captcha;
        let (kind, site_key) = (captcha.kind().to_owned(), captcha.site_key().to_owned());
        Ok(Response::new(Captcha { kind, site_key }))
    }

    async fn create_challenge(
        &self,
        request: Request<CreateChallengeRequest>,
    ) -> Result<Response<Challenge>, Status> {
        let made = ops::create_challenge(&self.0, &request.get_ref().operation).map_err(refuse)?;
        Ok(Response::new(Challenge {
            challenge: made.text,
            difficulty: made.difficulty.into(),
            expires_at: Some(timestamp(made.expires_at)),
        }))
    }

    async fn check_proof(
        &self,
        request: Request<CheckProofRequest>,
    ) -> Result<Response<CheckProofResponse>, Status> {
        let cx = wire::cx(&request)?;
        let CheckProofRequest { operation, proof } = request.into_inner();
        let command = ops::CheckProof { operation, proof };
        ops::check_proof(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(CheckProofResponse {}))
    }
}
