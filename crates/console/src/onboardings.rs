//! A tenant's onboardings as they go: the funnel on top, the clients below.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use http::StatusCode;
use wire::{
    Mesh,
    provisioning::v1::{
        Client, Funnel, GetFunnelRequest, ListClientsRequest, funnels_client::FunnelsClient,
        onboarding_client::OnboardingClient,
    },
};

use crate::{
    failure::Failure,
    funnel::before,
    guest::Guest,
    home::Asked,
    live,
    page::{Shell, page as answer},
    show::{duration, label, moment},
    stage::{ENDS, Track, WAY},
};

/// Clients on one page.
const PAGE: i32 = 100;

/// The times are those of clients that began so many days ago or later.
const DAYS: u32 = 30;

#[derive(Template)]
#[template(path = "onboardings.html")]
struct Page {
    shell: Shell,
    live: String,
    may_see_jobs: bool,
}

/// What renews itself.
#[derive(Template)]
#[template(path = "onboardings_live.html")]
struct Content {
    prefix: String,
    chosen: &'static str,
    all: Count,
    way: Vec<Count>,
    ends: Vec<Count>,
    median: String,
    slowest: String,
    rows: Vec<Row>,
    next: Option<String>,
}

/// How many clients stand at a stage.
struct Count {
    stage: &'static str,
    label: String,
    number: i64,
    chosen: bool,
}

impl Count {
    fn is_alarming(&self) -> bool {
        self.stage == "failed" && self.number > 0
    }
}

struct Row {
    client_id: String,
    name: String,
    email: String,
    track: Track,
    attempts: i32,
    updated: String,
    reason: String,
}

/// The page.
pub(crate) async fn page(mesh: &Mesh, guest: &Guest, asked: &Asked) -> Result<Response, Failure> {
    let content = content(mesh, guest, asked).await?;
    let live = live::embed(&address(guest, asked), &content)?;
    let shell = Shell::of(guest, "Onboarding");
    let may_see_jobs = guest.cx().may("provisioning.jobs.read");
    Ok(answer(StatusCode::OK, &Page { shell, live, may_see_jobs }))
}

/// The part of the page that renews itself.
pub(crate) async fn fragment(
    State(mesh): State<Mesh>,
    Query(asked): Query<Asked>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let content = content(&mesh, &guest, &asked).await?;
    live::renew(&address(&guest, &asked), &content, &asked.seen)
}

fn address(guest: &Guest, asked: &Asked) -> String {
    // Both are checked words by now: a stage we know, and a token that the service took.
    format!("{}?stage={}&after={}", guest.at("/live/onboardings"), stage(asked), asked.after)
}

fn stage(asked: &Asked) -> &'static str {
    let known = WAY.iter().chain(&ENDS).find(|known| **known == asked.stage);
    known.copied().unwrap_or_default()
}

async fn content(mesh: &Mesh, guest: &Guest, asked: &Asked) -> Result<Content, Failure> {
    let mut onboarding = OnboardingClient::new(mesh.to("provisioning"));
    // All stages are counted as they stand; the times are those of late, which a second's renewal can afford.
    let from = Some(wire::timestamp(before(guest.now(), DAYS)));
    let counted = wire::call(guest.cx(), GetFunnelRequest { from, to: None });
    let funnel = FunnelsClient::new(mesh.to("provisioning")).get_funnel(counted).await?;
    let request = ListClientsRequest {
        stage: stage(asked).to_owned(),
        page_size: PAGE,
        page_token: asked.after.clone(),
    };
    let listed = onboarding.list_clients(wire::call(guest.cx(), request)).await?.into_inner();
    let funnel = funnel.into_inner();
    let chosen = stage(asked);
    let count = |stage: &'static str| Count {
        stage,
        label: label(stage),
        number: at(&funnel, stage),
        chosen: chosen == stage,
    };
    let all = Count {
        stage: "",
        label: "All".into(),
        number: funnel.stages.values().sum(),
        chosen: chosen.is_empty(),
    };
    Ok(Content {
        prefix: guest.prefix().to_owned(),
        chosen,
        all,
        way: WAY.iter().map(|stage| count(stage)).collect(),
        ends: ENDS.iter().map(|stage| count(stage)).collect(),
        median: duration(funnel.time_to_active_p50_seconds),
        slowest: duration(funnel.time_to_active_p95_seconds),
        rows: listed.clients.into_iter().map(Row::from).collect(),
        next: Some(listed.next_page_token).filter(|token| !token.is_empty()),
    })
}

fn at(funnel: &Funnel, stage: &str) -> i64 {
    funnel.stages.get(stage).copied().unwrap_or_default()
}

impl From<Client> for Row {
    fn from(client: Client) -> Self {
        Self {
            track: Track::of(&client.stage),
            attempts: client.attempts,
            updated: moment(wire::instant(client.updated_at.as_ref())),
            client_id: client.client_id,
            name: client.name,
            email: client.email,
            reason: client.reason,
        }
    }
}
