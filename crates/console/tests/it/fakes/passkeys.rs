//! Passkeys.

use std::sync::atomic::Ordering;

use tonic::{Code, Request};
use wire::auth::v1::{
    AddPasskeyRequest, AddedPasskey, BeginPasskeyConfirmationRequest, BeginPasskeyRequest,
    BeginPasskeySignInRequest, BeginPasskeyStepUpRequest, ConfirmSessionByPasskeyRequest,
    FinishPasskeySignInRequest, ListPasskeysRequest, ListPasskeysResponse, Passkey,
    PasskeyCeremony, RemovePasskeyRequest, RemovePasskeyResponse, RenamePasskeyRequest, Session,
    StepUpByPasskeyRequest, passkeys_server::Passkeys,
};

use super::{Answer, Fake, OPERATOR, refusal, sessions::in_an_hour};
use crate::world::HOSTILE;

/// What stands for the challenge.
pub(crate) const CEREMONY: &str = "ceremony-token";
/// The device's answer that is right.
const RIGHT: &str = "{\"right\":true}";

fn begun() -> Answer<PasskeyCeremony> {
    Ok(PasskeyCeremony {
        token: CEREMONY.into(),
        options: "{\"challenge\":\"AAAA\"}".into(),
        expires_at: Some(in_an_hour()),
    }
    .into())
}

fn entered(token: &str, credential: &str) -> Answer<Session> {
    if (token, credential) != (CEREMONY, RIGHT) {
        return Err(refusal(Code::Unauthenticated, "passkey_refused", "It does not fit."));
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

#[tonic::async_trait]
impl Passkeys for Fake {
    async fn begin_passkey(&self, _: Request<BeginPasskeyRequest>) -> Answer<PasskeyCeremony> {
        if self.0.stale.load(Ordering::SeqCst) {
            return Err(refusal(Code::PermissionDenied, "step_up_required", "Prove it again."));
        }
        begun()
    }

    async fn add_passkey(&self, request: Request<AddPasskeyRequest>) -> Answer<AddedPasskey> {
        let request = request.into_inner();
        if (request.token.as_str(), request.credential.as_str()) != (CEREMONY, RIGHT) {
            return Err(refusal(Code::FailedPrecondition, "ceremony_over", "Begin again."));
        }
        let codes = vec!["abcd-efgh".into()];
        Ok(AddedPasskey { passkey: None, recovery_codes: codes }.into())
    }

    async fn list_passkeys(&self, _: Request<ListPasskeysRequest>) -> Answer<ListPasskeysResponse> {
        let passkey =
            Passkey { passkey_id: OPERATOR.into(), name: HOSTILE.into(), ..Default::default() };
        Ok(ListPasskeysResponse { passkeys: vec![passkey] }.into())
    }

    async fn rename_passkey(&self, request: Request<RenamePasskeyRequest>) -> Answer<Passkey> {
        let RenamePasskeyRequest { passkey_id, name } = request.into_inner();
        self.0.operated.lock().expect("operated").push(format!("rename {passkey_id} {name}"));
        Ok(Passkey::default().into())
    }

    async fn remove_passkey(
        &self,
        _: Request<RemovePasskeyRequest>,
    ) -> Answer<RemovePasskeyResponse> {
        Err(refusal(Code::AlreadyExists, "only_way_in", "It is the only way in."))
    }

    async fn begin_passkey_sign_in(
        &self,
        _: Request<BeginPasskeySignInRequest>,
    ) -> Answer<PasskeyCeremony> {
        begun()
    }

    async fn finish_passkey_sign_in(
        &self,
        request: Request<FinishPasskeySignInRequest>,
    ) -> Answer<Session> {
        let request = request.into_inner();
        entered(&request.token, &request.credential)
    }

    async fn begin_passkey_confirmation(
        &self,
        _: Request<BeginPasskeyConfirmationRequest>,
    ) -> Answer<PasskeyCeremony> {
        begun()
    }

    async fn confirm_session_by_passkey(
        &self,
        request: Request<ConfirmSessionByPasskeyRequest>,
    ) -> Answer<Session> {
        let request = request.into_inner();
        assert_eq!(request.session_token, "waiting-token");
        entered(&request.token, &request.credential)
    }

    async fn begin_passkey_step_up(
        &self,
        _: Request<BeginPasskeyStepUpRequest>,
    ) -> Answer<PasskeyCeremony> {
        begun()
    }

    async fn step_up_by_passkey(
        &self,
        request: Request<StepUpByPasskeyRequest>,
    ) -> Answer<Session> {
        let request = request.into_inner();
        entered(&request.token, &request.credential)
    }
}
