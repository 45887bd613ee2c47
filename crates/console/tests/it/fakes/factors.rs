//! Second factors.

use std::sync::atomic::Ordering;

use tonic::{Code, Request};
use wire::auth::v1::{
    BeginTotpRequest, ConfirmSessionRequest, ConfirmTotpRequest, FactorSet, GetFactorsRequest,
    RecoveryCodes, RemoveTotpRequest, RemoveTotpResponse, RenewRecoveryCodesRequest, Session,
    StepUpRequest, TotpSecret, factors_server::Factors,
};

use super::{Answer, Fake, OPERATOR, PASSWORD, refusal, sessions::in_an_hour};

/// The code that is right.
const RIGHT: &str = "123456";

/// What an app reads.
const URI: &str =
    "otpauth://totp/Usher:ann%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Usher";

fn refused<T>() -> Answer<T> {
    Err(refusal(Code::Unauthenticated, "factor_refused", "The code does not fit."))
}

#[tonic::async_trait]
impl Factors for Fake {
    async fn get_factors(&self, _: Request<GetFactorsRequest>) -> Answer<FactorSet> {
        Ok(FactorSet { password: true, ..Default::default() }.into())
    }

    async fn begin_totp(&self, _: Request<BeginTotpRequest>) -> Answer<TotpSecret> {
        if self.0.stale.load(Ordering::SeqCst) {
            return Err(refusal(Code::PermissionDenied, "step_up_required", "Prove it again."));
        }
        Ok(TotpSecret { secret: "SECRET32".into(), uri: URI.into() }.into())
    }

    async fn confirm_totp(&self, request: Request<ConfirmTotpRequest>) -> Answer<RecoveryCodes> {
        match request.into_inner().code.as_str() {
            RIGHT => Ok(RecoveryCodes { codes: vec!["abcd-efgh".into()] }.into()),
            _ => refused(),
        }
    }

    async fn remove_totp(&self, _: Request<RemoveTotpRequest>) -> Answer<RemoveTotpResponse> {
        Ok(RemoveTotpResponse {}.into())
    }

    async fn renew_recovery_codes(
        &self,
        _: Request<RenewRecoveryCodesRequest>,
    ) -> Answer<RecoveryCodes> {
        Ok(RecoveryCodes { codes: vec!["ijkm-nopq".into()] }.into())
    }

    async fn confirm_session(&self, request: Request<ConfirmSessionRequest>) -> Answer<Session> {
        let request = request.into_inner();
        if request.token != "waiting-token" || request.code != RIGHT {
            return refused();
        }
        Ok(operator())
    }

    async fn step_up(&self, request: Request<StepUpRequest>) -> Answer<Session> {
        if request.into_inner().password != PASSWORD {
            return Err(refusal(Code::Unauthenticated, "wrong_password", "It is wrong."));
        }
        Ok(operator())
    }
}

fn operator() -> tonic::Response<Session> {
    let session = Session {
        session_id: OPERATOR.into(),
        user_id: OPERATOR.into(),
        token: "operator-token".into(),
        expires_at: Some(in_an_hour()),
        second_factor_required: false,
    };
    session.into()
}
