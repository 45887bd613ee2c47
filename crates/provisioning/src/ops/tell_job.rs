//! Tells where a job goes, in the transaction that moves it.

use jobs::{Attempt, Intervention, JobState, Moved, Started, Verb};
use kernel::Cx;
use pg::TenantTx;
use wire::provisioning::v1::JobMoved;

use crate::{Result, domain::Client};

/// Tells that a job began; one that is there already is not told again.
pub(super) async fn tell_started(
    tx: &mut TenantTx,
    cx: &Cx,
    started: Started,
    workflow: &str,
    key: &str,
) -> Result<()> {
    let Started::New(id) = started else {
        return Ok(());
    };
    let fact = JobMoved {
        job_id: id.to_string(),
        workflow: workflow.into(),
        verb: "started".into(),
        to: JobState::Queued.to_string(),
        ..JobMoved::default()
    };
    tell_job(tx, cx, key, fact).await
}

/// Tells that a job waits or has ended. A step that goes on waiting between its attempts was told of at the first: a
/// backend that is away for long makes no flood of facts.
pub(crate) async fn tell_moved(tx: &mut TenantTx, at: &Attempt, moved: &Moved) -> Result<()> {
    if moved.to == JobState::Waiting && at.number > 1 {
        return Ok(());
    }
    let fact = JobMoved {
        job_id: at.job.to_string(),
        workflow: at.workflow.into(),
        verb: moved.to.to_string(),
        from: moved.from.to_string(),
        to: moved.to.to_string(),
        step: at.step.clone(),
        attempt: i32::try_from(at.number).unwrap_or(i32::MAX),
        reason: moved.reason.clone().unwrap_or_default(),
        ..JobMoved::default()
    };
    tell_job(tx, &at.cx, &at.key, fact).await
}

/// Tells what a person did to a job, where something was left to do. That a job was asked to stop is no move of it:
/// its end is told.
pub(super) async fn tell_operated(tx: &mut TenantTx, cx: &Cx, done: &Intervention) -> Result<()> {
    let Some(job) = jobs::status(tx, done.job).await?.filter(|_| done.at.is_some()) else {
        return Ok(());
    };
    let verb = match done.verb {
        Verb::Retry | Verb::RetryFrom => "retried",
        Verb::Pause => "paused",
        Verb::Resume => "resumed",
        Verb::SkipStep => "skipped",
        Verb::MarkUndone => "undone",
        Verb::Abandon => "abandoned",
        Verb::Cancel if job.state == JobState::Cancelled => "cancelled",
        Verb::Cancel => return Ok(()),
    };
    let fact = JobMoved {
        job_id: done.job.to_string(),
        workflow: done.workflow.clone(),
        verb: verb.into(),
        from: done.was.to_string(),
        to: job.state.to_string(),
        step: done.step.clone().unwrap_or_default(),
        reason: done.reason.clone().unwrap_or_default(),
        ..JobMoved::default()
    };
    tell_job(tx, cx, &done.key, fact).await
}

async fn tell_job(tx: &mut TenantTx, cx: &Cx, key: &str, fact: JobMoved) -> Result<()> {
    let client_id = Client::read_job_key(key).map(|id| id.to_string()).unwrap_or_default();
    let job = kernel::JobId::parse(&fact.job_id).map(kernel::JobId::uuid).unwrap_or_default();
    bus::emit(tx, cx, job, &JobMoved { client_id, ..fact }).await?;
    Ok(())
}
