//! Translation only: request to op to response.

mod client_people;
mod convert;
mod funnels;
mod incidents;
mod job_convert;
mod jobs;
mod onboarding;
mod ozon_keys;
mod rollout_convert;
mod rollouts;
mod sheets;
mod troubles;
mod workspaces;

use tonic::service::Routes;
use wire::provisioning::v1::{
    client_people_server::ClientPeopleServer, funnels_server::FunnelsServer,
    incidents_server::IncidentsServer, jobs_server::JobsServer,
    onboarding_server::OnboardingServer, ozon_keys_server::OzonKeysServer,
    rollouts_server::RolloutsServer, sheets_server::SheetsServer, troubles_server::TroublesServer,
    workspaces_server::WorkspacesServer,
};

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(OnboardingServer::new(onboarding::Rpc(app.clone())))
        .add_service(SheetsServer::new(sheets::Rpc(app.clone())))
        .add_service(WorkspacesServer::new(workspaces::Rpc(app.clone())))
        .add_service(TroublesServer::new(troubles::Rpc(app.clone())))
        .add_service(JobsServer::new(jobs::Rpc(app.clone())))
        .add_service(FunnelsServer::new(funnels::Rpc(app.clone())))
        .add_service(RolloutsServer::new(rollouts::Rpc(app.clone())))
        .add_service(IncidentsServer::new(incidents::Rpc(app.clone())))
        .add_service(OzonKeysServer::new(ozon_keys::Rpc(app.clone())))
        .add_service(ClientPeopleServer::new(client_people::Rpc(app.clone())))
}

/// What an empty field leaves out.
fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
