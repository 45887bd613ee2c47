//! What strangers meet in auth: letters, the proof before them, and the block list.

use tonic::{Request, Response};
use wire::auth::v1::{self as auth, bans_server, captchas_server, letters_server};

use super::fakes::{Fake, Reply, unasked};

#[tonic::async_trait]
impl captchas_server::Captchas for Fake {
    async fn show_captcha(&self, _: Request<auth::ShowCaptchaRequest>) -> Reply<auth::Captcha> {
        unasked()
    }

    async fn create_challenge(
        &self,
        _: Request<auth::CreateChallengeRequest>,
    ) -> Reply<auth::Challenge> {
        unasked()
    }

    async fn check_proof(
        &self,
        request: Request<auth::CheckProofRequest>,
    ) -> Reply<auth::CheckProofResponse> {
        let asked = request.into_inner();
        let mut proofs = self.0.proofs.lock().expect("proofs");
        proofs.push((asked.operation, asked.proof.clone()));
        let refused = self.0.refuses_proofs.lock().expect("refusal").clone();
        match (refused, asked.proof.as_str()) {
            (_, "good") | (None, _) => Ok(Response::new(auth::CheckProofResponse {})),
            (Some(status), _) => Err(status),
        }
    }
}

#[tonic::async_trait]
impl letters_server::Letters for Fake {
    async fn ask_password_reset(
        &self,
        request: Request<auth::AskPasswordResetRequest>,
    ) -> Reply<auth::AskPasswordResetResponse> {
        self.note(request)?;
        Ok(Response::new(auth::AskPasswordResetResponse {}))
    }

    async fn reset_password(
        &self,
        _: Request<auth::ResetPasswordRequest>,
    ) -> Reply<auth::ResetPasswordResponse> {
        unasked()
    }

    async fn ask_sign_in_letter(
        &self,
        _: Request<auth::AskSignInLetterRequest>,
    ) -> Reply<auth::AskSignInLetterResponse> {
        unasked()
    }

    async fn redeem_sign_in_letter(
        &self,
        _: Request<auth::RedeemSignInLetterRequest>,
    ) -> Reply<auth::Session> {
        unasked()
    }

    async fn reveal_letter(
        &self,
        _: Request<auth::RevealLetterRequest>,
    ) -> Reply<auth::LetterSecrets> {
        unasked()
    }
}

#[tonic::async_trait]
impl bans_server::Bans for Fake {
    async fn add_ban(&self, _: Request<auth::AddBanRequest>) -> Reply<auth::Ban> {
        unasked()
    }

    async fn remove_ban(
        &self,
        _: Request<auth::RemoveBanRequest>,
    ) -> Reply<auth::RemoveBanResponse> {
        unasked()
    }

    async fn list_bans(&self, _: Request<auth::ListBansRequest>) -> Reply<auth::ListBansResponse> {
        unasked()
    }

    async fn list_banned_networks(
        &self,
        _: Request<auth::ListBannedNetworksRequest>,
    ) -> Reply<auth::ListBannedNetworksResponse> {
        match self.0.banned.lock().expect("bans").clone() {
            Some(networks) => Ok(Response::new(auth::ListBannedNetworksResponse { networks })),
            None => Err(tonic::Status::unavailable("away")),
        }
    }

    async fn check_domain(
        &self,
        _: Request<auth::CheckDomainRequest>,
    ) -> Reply<auth::CheckDomainResponse> {
        unasked()
    }
}
