//! One client: the way so far, and each step with its tries.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use gateway::Problem;
use http::StatusCode;
use kernel::{ClientId, Code};
use wire::{
    Mesh,
    provisioning::v1::{
        Client, ClientStatus, GetClientStatusRequest, RetryClientRequest,
        onboarding_client::OnboardingClient,
    },
};

use crate::{
    failure::Failure,
    guest::Guest,
    home::Asked,
    live,
    page::{Shell, page as answer, redirect},
    show::{label, moment},
    stage::Track,
    step::Step,
};

#[derive(Template)]
#[template(path = "client.html")]
struct Page {
    shell: Shell,
    live: String,
}

/// What renews itself.
#[derive(Template)]
#[template(path = "client_live.html")]
struct Content {
    prefix: String,
    client: Client,
    track: Track,
    job: String,
    /// The job's id, for those who may look at jobs.
    job_id: Option<String>,
    created: String,
    updated: String,
    active: String,
    may_retry: bool,
    steps: Vec<Step>,
}

/// The page.
pub(crate) async fn page(
    State(mesh): State<Mesh>,
    Path(client_id): Path<String>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let client_id = read(&client_id)?;
    let content = content(&mesh, &guest, client_id).await?;
    let shell = Shell::of(&guest, &content.client.name);
    let live = live::embed(&address(&guest, client_id), &content)?;
    Ok(answer(StatusCode::OK, &Page { shell, live }))
}

/// The part of the page that renews itself.
pub(crate) async fn fragment(
    State(mesh): State<Mesh>,
    Path(client_id): Path<String>,
    Query(asked): Query<Asked>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let client_id = read(&client_id)?;
    let content = content(&mesh, &guest, client_id).await?;
    live::renew(&address(&guest, client_id), &content, &asked.seen)
}

/// Tries a failed onboarding again, and shows the client.
pub(crate) async fn retry(
    State(mesh): State<Mesh>,
    Path(client_id): Path<String>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let client_id = read(&client_id)?;
    let request = RetryClientRequest { client_id: client_id.to_string(), ..Default::default() };
    let mut onboarding = OnboardingClient::new(mesh.to("provisioning"));
    onboarding.retry_client(wire::call(guest.cx(), request)).await?;
    Ok(redirect(&guest.at(&format!("/clients/{client_id}"))))
}

fn address(guest: &Guest, client_id: ClientId) -> String {
    guest.at(&format!("/live/clients/{client_id}?stage="))
}

fn read(client_id: &str) -> Result<ClientId, Failure> {
    ClientId::parse(client_id).map_err(|_| missing())
}

fn missing() -> Failure {
    Problem::new(Code::NotFound, "client_not_found", "There is no such client.").into()
}

async fn content(mesh: &Mesh, guest: &Guest, client_id: ClientId) -> Result<Content, Failure> {
    let request = GetClientStatusRequest { client_id: client_id.to_string() };
    let mut onboarding = OnboardingClient::new(mesh.to("provisioning"));
    let status: ClientStatus =
        onboarding.get_client_status(wire::call(guest.cx(), request)).await?.into_inner();
    let client = status.client.ok_or_else(missing)?;
    let done = status.steps.iter().filter(|step| step.state == "done").count();
    Ok(Content {
        prefix: guest.prefix().to_owned(),
        track: Track::after_steps(&client.stage, done),
        job: label(&status.job_state),
        job_id: Some(status.job_id)
            .filter(|id| !id.is_empty() && guest.cx().may("provisioning.jobs.read")),
        created: moment(wire::instant(client.created_at.as_ref())),
        updated: moment(wire::instant(client.updated_at.as_ref())),
        active: moment(wire::instant(client.active_at.as_ref())),
        may_retry: client.stage == "failed" && guest.cx().may("provisioning.clients.create"),
        steps: status.steps.into_iter().map(Step::from).collect(),
        client,
    })
}
