//! `usher.auth.v1.Letters`.

use kernel::{Email, Locale};
use secrecy::ExposeSecret;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        AskPasswordResetRequest, AskPasswordResetResponse, AskSignInLetterRequest,
        AskSignInLetterResponse, LetterSecrets, RedeemSignInLetterRequest, ResetPasswordRequest,
        ResetPasswordResponse, RevealLetterRequest, Session, letters_server::Letters,
    },
    id, parse, refuse, timestamp,
};

use super::convert::opened;
use crate::{
    App, Error,
    domain::{Digits, Key, LetterKind},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Letters for Rpc {
    async fn ask_password_reset(
        &self,
        request: Request<AskPasswordResetRequest>,
    ) -> Result<Response<AskPasswordResetResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::AskLetter {
            kind: LetterKind::PasswordReset,
            email: parse("email", &request.email, Email::parse)?,
            locale: parse("locale", &request.locale, Locale::parse)?,
        };
        ops::ask_letter(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(AskPasswordResetResponse {}))
    }

    async fn reset_password(
        &self,
        request: Request<ResetPasswordRequest>,
    ) -> Result<Response<ResetPasswordResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let token = Key::parse(&request.token).ok_or_else(|| refuse(Error::LetterNotFound))?;
        let command = ops::ResetPassword { token, new: request.new_password.into() };
        ops::reset_password(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(ResetPasswordResponse {}))
    }

    async fn ask_sign_in_letter(
        &self,
        request: Request<AskSignInLetterRequest>,
    ) -> Result<Response<AskSignInLetterResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::AskLetter {
            kind: LetterKind::SignIn,
            email: parse("email", &request.email, Email::parse)?,
            locale: parse("locale", &request.locale, Locale::parse)?,
        };
        let asked = ops::ask_letter(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(AskSignInLetterResponse {
            binding: asked.binding.map(|key| key.expose().into()).unwrap_or_default(),
            expires_at: Some(timestamp(asked.expires_at)),
        }))
    }

    async fn redeem_sign_in_letter(
        &self,
        request: Request<RedeemSignInLetterRequest>,
    ) -> Result<Response<Session>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = proof_of(&request.binding, &request.code, &request.token)?;
        let session = ops::redeem_letter(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(opened(&session)))
    }

    async fn reveal_letter(
        &self,
        request: Request<RevealLetterRequest>,
    ) -> Result<Response<LetterSecrets>, Status> {
        let letter_id = id("letterId", &request.get_ref().letter_id)?;
        let secrets = ops::reveal_letter(&self.0, letter_id).await.map_err(refuse)?;
        Ok(Response::new(LetterSecrets {
            url: secrets.url.expose_secret().into(),
            code: secrets.code.map(|code| code.expose().into()).unwrap_or_default(),
            expires_at: Some(timestamp(secrets.expires_at)),
        }))
    }
}

/// What a letter is redeemed with: by the link there is no code.
pub(super) fn proof_of(
    binding: &str,
    code: &str,
    token: &str,
) -> Result<ops::RedeemLetter, Status> {
    let key = |text: &str| Key::parse(text).ok_or("is not one of ours");
    let digits = |text: &str| Digits::parse(text).ok_or("must be the 8 digits of the letter");
    Ok(ops::RedeemLetter {
        binding: parse("binding", binding, key)?,
        proof: match token {
            "" => ops::Proof::Code(parse("code", code, digits)?),
            token => ops::Proof::Link(parse("token", token, key)?),
        },
    })
}
