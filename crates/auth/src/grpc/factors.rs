//! `usher.auth.v1.Factors`.

use secrecy::ExposeSecret;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        BeginTotpRequest, ConfirmSessionRequest, ConfirmTotpRequest, FactorSet, GetFactorsRequest,
        RecoveryCodes, RemoveTotpRequest, RemoveTotpResponse, RenewRecoveryCodesRequest, Session,
        StepUpRequest, TotpSecret, factors_server::Factors,
    },
    parse, refuse, timestamp,
};

use super::{convert::opened, person};
use crate::{
    App, Error,
    domain::{Password, RecoveryCode, SecondFactor, Token},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Factors for Rpc {
    async fn get_factors(
        &self,
        request: Request<GetFactorsRequest>,
    ) -> Result<Response<FactorSet>, Status> {
        let (user_id, _) = person(&wire::cx(&request)?)?;
        let factors = ops::get_factors(&self.0, user_id).await.map_err(refuse)?;
        Ok(Response::new(FactorSet {
            totp: factors.has_app,
            passkeys: i32::try_from(factors.passkeys).unwrap_or(i32::MAX),
            password: factors.has_password,
            recovery_codes_left: factors.codes_left,
            enrolled_at: factors.enrolled_at.map(timestamp),
        }))
    }

    async fn begin_totp(
        &self,
        request: Request<BeginTotpRequest>,
    ) -> Result<Response<TotpSecret>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let begun = ops::begin_totp(&self.0, &cx, user_id, session_id).await.map_err(refuse)?;
        Ok(Response::new(TotpSecret {
            secret: begun.secret.text().expose_secret().into(),
            uri: begun.uri.expose_secret().into(),
        }))
    }

    async fn confirm_totp(
        &self,
        request: Request<ConfirmTotpRequest>,
    ) -> Result<Response<RecoveryCodes>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let digits = |text: &str| match SecondFactor::parse(text) {
            Ok(SecondFactor::App(code)) => Ok(code),
            _ => Err("must be the 6 digits of the app"),
        };
        let code = parse("code", &request.get_ref().code, digits)?;
        let command = ops::ConfirmTotp { user_id, session_id, code };
        let codes = ops::confirm_totp(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(shown(&codes)))
    }

    async fn remove_totp(
        &self,
        request: Request<RemoveTotpRequest>,
    ) -> Result<Response<RemoveTotpResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        ops::remove_totp(&self.0, &cx, user_id, session_id).await.map_err(refuse)?;
        Ok(Response::new(RemoveTotpResponse {}))
    }

    async fn renew_recovery_codes(
        &self,
        request: Request<RenewRecoveryCodesRequest>,
    ) -> Result<Response<RecoveryCodes>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let codes = ops::renew_recovery_codes(&self.0, &cx, user_id, session_id).await;
        Ok(Response::new(shown(&codes.map_err(refuse)?)))
    }

    async fn confirm_session(
        &self,
        request: Request<ConfirmSessionRequest>,
    ) -> Result<Response<Session>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let shown = parse("code", &request.code, SecondFactor::parse)?;
        let token = Token::parse(&request.token).ok_or_else(|| refuse(Error::BadToken))?;
        let command = ops::ConfirmSession { token, shown };
        let session = ops::confirm_session(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(opened(&session)))
    }

    async fn step_up(&self, request: Request<StepUpRequest>) -> Result<Response<Session>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let request = request.into_inner();
        let shown = Some(request.code).filter(|code| !code.is_empty());
        let command = ops::StepUp {
            user_id,
            session_id,
            password: parse("password", &request.password, Password::typed)?,
            shown: shown.map(|code| parse("code", &code, SecondFactor::parse)).transpose()?,
        };
        let session = ops::step_up(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(opened(&session)))
    }
}

fn shown(codes: &[RecoveryCode]) -> RecoveryCodes {
    RecoveryCodes { codes: codes.iter().map(RecoveryCode::shown).collect() }
}
