//! The first administrator's link.

use std::sync::atomic::Ordering;

use tonic::{Code, Request, Status};
use wire::user::v1::{
    FinishSetupRequest, FinishSetupResponse, ShowSetupRequest, ShowSetupResponse,
    setups_server::Setups,
};

use super::{Answer, Fake, MEMBER, refusal, sessions::in_an_hour};

fn known(token: &str) -> Result<(), Status> {
    match token {
        "good" => Ok(()),
        "used" => Err(refusal(Code::FailedPrecondition, "setup_link_used", "Used.")),
        "old" => Err(refusal(Code::FailedPrecondition, "setup_link_expired", "Expired.")),
        "late" => Err(refusal(Code::AlreadyExists, "platform_administered", "Administered.")),
        _ => Err(refusal(Code::NotFound, "setup_link_not_found", "Unknown.")),
    }
}

#[tonic::async_trait]
impl Setups for Fake {
    async fn show_setup(&self, request: Request<ShowSetupRequest>) -> Answer<ShowSetupResponse> {
        known(&request.into_inner().token)?;
        Ok(ShowSetupResponse { expires_at: Some(in_an_hour()) }.into())
    }

    async fn finish_setup(
        &self,
        request: Request<FinishSetupRequest>,
    ) -> Answer<FinishSetupResponse> {
        let request = request.into_inner();
        known(&request.token)?;
        if let Some(status) = self.0.refuse_password.lock().expect("refusal").clone() {
            return Err(status);
        }
        self.0.accepted.fetch_add(1, Ordering::SeqCst);
        Ok(FinishSetupResponse { user_id: MEMBER.into(), email: request.email }.into())
    }
}
