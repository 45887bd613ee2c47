//! Clients on their way.

use std::sync::atomic::Ordering;

use tonic::{Code, Request};
use wire::provisioning::v1::{
    Client, ClientStatus, GetClientStatusRequest, ListClientsRequest, ListClientsResponse,
    OnboardClientRequest, ReprovisionClientRequest, RetryClientRequest, RevokeClientRequest,
    StepStatus, WatchClientStatusRequest, onboarding_server::Onboarding,
};

use super::{Answer, DEMO, Fake, refusal, unasked};

#[tonic::async_trait]
impl Onboarding for Fake {
    type WatchClientStatusStream = tonic::Streaming<ClientStatus>;

    async fn onboard_client(&self, _: Request<OnboardClientRequest>) -> Answer<Client> {
        unasked()
    }

    async fn get_client_status(
        &self,
        request: Request<GetClientStatusRequest>,
    ) -> Answer<ClientStatus> {
        let wanted = request.into_inner().client_id;
        let clients = self.0.clients.lock().expect("clients");
        let found = clients.iter().find(|client| client.client_id == wanted).cloned();
        let missing = || refusal(Code::NotFound, "client_not_found", "There is no such client.");
        let client = found.ok_or_else(missing)?;
        let steps = steps(&client.stage);
        let job_state = "waiting".into();
        Ok(ClientStatus { client: Some(client), job_state, steps, ..Default::default() }.into())
    }

    async fn watch_client_status(
        &self,
        _: Request<WatchClientStatusRequest>,
    ) -> Answer<Self::WatchClientStatusStream> {
        unasked()
    }

    async fn list_clients(
        &self,
        request: Request<ListClientsRequest>,
    ) -> Answer<ListClientsResponse> {
        let tenant = wire::cx(&request)?.tenant.map(|id| id.to_string());
        let stage = request.into_inner().stage;
        let clients = match tenant.as_deref() {
            Some(DEMO) => self.0.clients.lock().expect("clients").clone(),
            _ => Vec::new(),
        };
        let fits = |client: &Client| stage.is_empty() || client.stage == stage;
        let clients = clients.into_iter().filter(fits).collect();
        Ok(ListClientsResponse { clients, next_page_token: String::new() }.into())
    }

    async fn retry_client(&self, _: Request<RetryClientRequest>) -> Answer<Client> {
        self.0.retried.fetch_add(1, Ordering::SeqCst);
        Ok(Client::default().into())
    }

    async fn reprovision_client(
        &self,
        _: Request<ReprovisionClientRequest>,
    ) -> Answer<ClientStatus> {
        unasked()
    }

    async fn revoke_client(&self, _: Request<RevokeClientRequest>) -> Answer<Client> {
        unasked()
    }
}

fn steps(stage: &str) -> Vec<StepStatus> {
    if stage == "invited" {
        return Vec::new();
    }
    let at = |seconds| {
        let instant = jiff::Timestamp::from_second(seconds).expect("a second");
        Some(wire::timestamp(instant.into()))
    };
    let step = |name: &str, state: &str, attempts| StepStatus {
        name: name.into(),
        state: state.into(),
        attempts,
        started_at: at(1_795_000_100),
        ..Default::default()
    };
    let mut verify = step("verify_mapping", "waiting", 3);
    verify.next_attempt_at = at(1_795_000_500);
    verify.message = "The legacy backend answered 429 and asks to wait 30 seconds.".into();
    vec![
        step("register_workspace", "done", 1),
        step("add_token", "done", 2),
        verify,
        step("smoke_update", "pending", 0),
    ]
}
