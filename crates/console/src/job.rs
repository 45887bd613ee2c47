//! One job: its steps, what people did to it, and what an operator may do now.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use gateway::Problem;
use http::StatusCode;
use kernel::{Code, Cx, JobId};
use serde::Deserialize;
use wire::{
    Caller, Mesh,
    provisioning::v1::{
        AbandonJobRequest, CancelJobRequest, GetJobRequest, Job, JobIntervention,
        MarkStepUndoneRequest, PauseJobRequest, ResumeJobRequest, RetryJobRequest, SkipStepRequest,
        jobs_client::JobsClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    live,
    page::{Shell, page as answer, redirect},
    show::{label, moment},
    step::{Step, mood},
    verb::{self, Button},
};

#[derive(Template)]
#[template(path = "job.html")]
struct Page {
    shell: Shell,
    job_id: JobId,
    live: String,
    may_operate: bool,
}

/// What renews itself.
#[derive(Template)]
#[template(path = "job_live.html")]
struct Content {
    prefix: String,
    title: String,
    state: String,
    mood: &'static str,
    job: Job,
    created: String,
    ended: String,
    steps: Vec<(Step, Vec<Button>)>,
    buttons: Vec<Button>,
    history: Vec<Did>,
}

/// What a person did.
struct Did {
    what: String,
    reason: String,
    actor: String,
    at: String,
}

/// The version that the browser shows.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    seen: String,
}

/// What the form sends: `verb`, or `verb:step`.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    wish: String,
    #[serde(default)]
    reason: String,
}

/// The page.
pub(crate) async fn page(
    State(mesh): State<Mesh>,
    Path(job_id): Path<String>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let job_id = read(&job_id)?;
    let content = content(&mesh, &guest, job_id).await?;
    let live = live::embed(&address(&guest, job_id), &content)?;
    let shell = Shell::of(&guest, &content.title);
    let may_operate = may_operate(guest.cx());
    Ok(answer(StatusCode::OK, &Page { shell, job_id, live, may_operate }))
}

/// The part of the page that renews itself.
pub(crate) async fn fragment(
    State(mesh): State<Mesh>,
    Path(job_id): Path<String>,
    Query(asked): Query<Asked>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let job_id = read(&job_id)?;
    let content = content(&mesh, &guest, job_id).await?;
    live::renew(&address(&guest, job_id), &content, &asked.seen)
}

/// Does what the operator wishes, and shows the job.
pub(crate) async fn operate(
    State(mesh): State<Mesh>,
    Path(job_id): Path<String>,
    guest: Guest,
    Fields(wish): Fields<Wish>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let job_id = read(&job_id)?;
    let jobs = JobsClient::new(mesh.to("provisioning"));
    fulfil(jobs, guest.cx(), job_id, wish).await?;
    Ok(redirect(&guest.at(&format!("/jobs/{job_id}"))))
}

async fn fulfil(
    mut jobs: JobsClient<Caller>,
    cx: &Cx,
    job_id: JobId,
    Wish { wish, reason }: Wish,
) -> Result<(), Failure> {
    let job_id = job_id.to_string();
    let (verb, step) = wish.split_once(':').unwrap_or((&wish, ""));
    let (step, idempotency_key) = (step.to_owned(), String::new());
    let done = match verb {
        "retry" => {
            jobs.retry_job(wire::call(cx, RetryJobRequest { job_id, step, idempotency_key })).await
        }
        "pause" => {
            let request = PauseJobRequest { job_id, reason, idempotency_key };
            jobs.pause_job(wire::call(cx, request)).await
        }
        "resume" => {
            jobs.resume_job(wire::call(cx, ResumeJobRequest { job_id, idempotency_key })).await
        }
        "cancel" => {
            jobs.cancel_job(wire::call(cx, CancelJobRequest { job_id, idempotency_key })).await
        }
        "skip" => {
            let request = SkipStepRequest { job_id, step, reason, idempotency_key };
            jobs.skip_step(wire::call(cx, request)).await
        }
        "undone" => {
            let request = MarkStepUndoneRequest { job_id, step, reason, idempotency_key };
            jobs.mark_step_undone(wire::call(cx, request)).await
        }
        "abandon" => {
            let request = AbandonJobRequest { job_id, reason, idempotency_key };
            jobs.abandon_job(wire::call(cx, request)).await
        }
        _ => {
            let detail = "The form names nothing that can be done to a job.";
            return Err(Problem::new(Code::Invalid, "bad_form", detail).into());
        }
    };
    done?;
    Ok(())
}

fn may_operate(cx: &Cx) -> bool {
    cx.may("provisioning.jobs.operate")
}

fn address(guest: &Guest, job_id: JobId) -> String {
    guest.at(&format!("/live/jobs/{job_id}?of=job"))
}

fn read(job_id: &str) -> Result<JobId, Failure> {
    JobId::parse(job_id)
        .map_err(|_| Problem::new(Code::NotFound, "job_not_found", "There is no such job.").into())
}

async fn content(mesh: &Mesh, guest: &Guest, job_id: JobId) -> Result<Content, Failure> {
    let request = GetJobRequest { job_id: job_id.to_string() };
    let mut jobs = JobsClient::new(mesh.to("provisioning"));
    let mut job = jobs.get_job(wire::call(guest.cx(), request)).await?.into_inner();
    let may = may_operate(guest.cx());
    let steps = std::mem::take(&mut job.steps).into_iter().map(Step::from);
    let offered = |step: &Step| match may {
        true => verb::of_step(&job.state, &step.word),
        false => Vec::new(),
    };
    Ok(Content {
        prefix: guest.prefix().to_owned(),
        title: label(&job.workflow),
        state: label(&job.state),
        mood: mood(&job.state),
        created: moment(wire::instant(job.created_at.as_ref())),
        ended: moment(wire::instant(job.ended_at.as_ref())),
        steps: steps.map(|step| (offered(&step), step)).map(|(may, step)| (step, may)).collect(),
        buttons: if may { verb::of_job(&job) } else { Vec::new() },
        history: std::mem::take(&mut job.interventions).into_iter().rev().map(Did::from).collect(),
        job,
    })
}

impl From<JobIntervention> for Did {
    fn from(done: JobIntervention) -> Self {
        let what = match done.step.as_str() {
            "" => label(&done.verb),
            step => format!("{}: {}", label(&done.verb), label(step).to_lowercase()),
        };
        let at = moment(wire::instant(done.at.as_ref()));
        Self { what, reason: done.reason, actor: done.actor, at }
    }
}
