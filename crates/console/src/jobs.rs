//! A tenant's durable jobs, newest first.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use http::StatusCode;
use serde::Deserialize;
use wire::{
    Mesh,
    provisioning::v1::{Job, ListJobsRequest, jobs_client::JobsClient},
};

use crate::{
    failure::Failure,
    guest::Guest,
    live,
    page::{Shell, page as answer},
    show::{label, moment},
    step::mood,
};

/// Jobs on one page.
const PAGE: i32 = 100;

/// What can be chosen; all of them by the empty word.
const STATES: [&str; 8] =
    ["", "queued", "running", "waiting", "failed", "stuck", "cancelled", "done"];

/// Which part of the list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// Only this state.
    #[serde(default)]
    state: String,
    /// Where the page begins.
    #[serde(default)]
    after: String,
    /// The version that the browser shows.
    #[serde(default)]
    seen: String,
}

#[derive(Template)]
#[template(path = "jobs.html")]
struct Page {
    shell: Shell,
    live: String,
}

/// What renews itself.
#[derive(Template)]
#[template(path = "jobs_live.html")]
struct Content {
    prefix: String,
    chosen: &'static str,
    rows: Vec<Row>,
    next: Option<String>,
}

impl Content {
    fn choices(&self) -> impl Iterator<Item = (&'static str, String, bool)> {
        let name = |state: &str| if state.is_empty() { "All".into() } else { label(state) };
        STATES.into_iter().map(move |state| (state, name(state), state == self.chosen))
    }
}

struct Row {
    job_id: String,
    workflow: String,
    state: String,
    mood: &'static str,
    /// The step under way or failed, and why.
    at: String,
    message: String,
    attempts: i32,
    created: String,
}

/// The page.
pub(crate) async fn page(
    State(mesh): State<Mesh>,
    Query(asked): Query<Asked>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let content = content(&mesh, &guest, &asked).await?;
    let live = live::embed(&address(&guest, &asked), &content)?;
    let shell = Shell::of(&guest, "Jobs");
    Ok(answer(StatusCode::OK, &Page { shell, live }))
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
    // Both are checked words by now: a state we know, and a token that the service took.
    format!("{}?state={}&after={}", guest.at("/live/jobs"), asked.state(), asked.after)
}

impl Asked {
    fn state(&self) -> &'static str {
        STATES.into_iter().find(|known| *known == self.state).unwrap_or_default()
    }
}

async fn content(mesh: &Mesh, guest: &Guest, asked: &Asked) -> Result<Content, Failure> {
    let request = ListJobsRequest {
        state: asked.state().to_owned(),
        page_size: PAGE,
        page_token: asked.after.clone(),
    };
    let mut jobs = JobsClient::new(mesh.to("provisioning"));
    let listed = jobs.list_jobs(wire::call(guest.cx(), request)).await?.into_inner();
    Ok(Content {
        prefix: guest.prefix().to_owned(),
        chosen: asked.state(),
        rows: listed.jobs.into_iter().map(Row::from).collect(),
        next: Some(listed.next_page_token).filter(|token| !token.is_empty()),
    })
}

impl From<Job> for Row {
    fn from(job: Job) -> Self {
        let open = |word: &str| !matches!(word, "done" | "pending" | "skipped" | "undone");
        let step = job.steps.iter().find(|step| open(&step.state));
        let told = |own: &str, steps: &str| if own.is_empty() { steps } else { own }.to_owned();
        Self {
            workflow: label(&job.workflow),
            mood: mood(&job.state),
            state: label(if job.paused_by.is_empty() { &job.state } else { "paused" }),
            at: label(step.map_or(&job.failed_step, |step| &step.name)),
            message: told(&job.message, step.map_or("", |step| &step.message)),
            attempts: job.steps.iter().map(|step| step.attempts).sum(),
            created: moment(wire::instant(job.created_at.as_ref())),
            job_id: job.job_id,
        }
    }
}
