//! Letters that let a person in, and passwords.

use tonic::{Code, Request};
use wire::auth::v1::{
    AskPasswordResetRequest, AskPasswordResetResponse, AskSignInLetterRequest,
    AskSignInLetterResponse, ChangePasswordRequest, ChangePasswordResponse, LetterSecrets,
    RedeemSignInLetterRequest, ResetPasswordRequest, ResetPasswordResponse, RevealLetterRequest,
    Session, letters_server::Letters, passwords_server::Passwords,
};

use super::{Answer, Fake, OPERATOR, PASSWORD, refusal, sessions::in_an_hour, unasked};

/// What letters are bound to here.
pub(crate) const BINDING: &str = "the-binding";

#[tonic::async_trait]
impl Letters for Fake {
    async fn ask_password_reset(
        &self,
        request: Request<AskPasswordResetRequest>,
    ) -> Answer<AskPasswordResetResponse> {
        let request = request.into_inner();
        if !request.email.contains('@') {
            return Err(refusal(Code::InvalidArgument, "invalid_argument", "No e-mail."));
        }
        self.0.letters.lock().expect("letters").push(request.locale);
        Ok(AskPasswordResetResponse {}.into())
    }

    async fn reset_password(
        &self,
        request: Request<ResetPasswordRequest>,
    ) -> Answer<ResetPasswordResponse> {
        match request.into_inner().token.as_str() {
            "good" => Ok(ResetPasswordResponse {}.into()),
            _ => Err(refusal(Code::NotFound, "letter_not_found", "No such letter.")),
        }
    }

    async fn ask_sign_in_letter(
        &self,
        request: Request<AskSignInLetterRequest>,
    ) -> Answer<AskSignInLetterResponse> {
        self.0.letters.lock().expect("letters").push(request.into_inner().locale);
        let expires_at = Some(in_an_hour());
        Ok(AskSignInLetterResponse { binding: BINDING.into(), expires_at }.into())
    }

    async fn redeem_sign_in_letter(
        &self,
        request: Request<RedeemSignInLetterRequest>,
    ) -> Answer<Session> {
        let request = request.into_inner();
        if request.binding != BINDING || (request.code != "12345678" && request.token != "good") {
            return Err(refusal(Code::Unauthenticated, "code_refused", "The code does not fit."));
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

    async fn reveal_letter(&self, _: Request<RevealLetterRequest>) -> Answer<LetterSecrets> {
        unasked()
    }
}

#[tonic::async_trait]
impl Passwords for Fake {
    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Answer<ChangePasswordResponse> {
        if request.into_inner().current_password != PASSWORD {
            return Err(refusal(Code::Unauthenticated, "wrong_password", "It is wrong."));
        }
        Ok(ChangePasswordResponse { ended_sessions: 2 }.into())
    }
}
