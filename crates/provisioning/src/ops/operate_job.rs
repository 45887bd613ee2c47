//! What a person does about a job, and about the client that it leads.

use jobs::{Intervention, JobState};
use kernel::{Cx, JobId, Timestamp};
use pg::TenantTx;
use serde_json::json;

use super::{
    get_job::{JobView, view_of},
    known_reply::{keep_reply, was_answered},
    led_client::{Led, led_client},
    tell_job::tell_operated,
    tenant_of,
};
use crate::{
    App, Result,
    domain::{Cause, Reason},
};

/// The wish to do something about a job.
#[derive(Debug)]
pub(crate) struct OperateJob {
    pub(crate) job_id: JobId,
    pub(crate) change: JobChange,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum JobChange {
    /// Try it again, from this step where one is named.
    Retry(Option<String>),
    Cancel,
    Pause(Reason),
    Resume,
    SkipStep(String, Reason),
    MarkUndone(String, Reason),
    Abandon(Reason),
}

impl JobChange {
    /// The name under which replies to repeated keys are kept.
    const fn operation(&self) -> &'static str {
        match self {
            Self::Retry(_) => "RetryJob",
            Self::Cancel => "CancelJob",
            Self::Pause(_) => "PauseJob",
            Self::Resume => "ResumeJob",
            Self::SkipStep(..) => "SkipStep",
            Self::MarkUndone(..) => "MarkStepUndone",
            Self::Abandon(_) => "AbandonJob",
        }
    }

    const fn audited(&self) -> &'static str {
        match self {
            Self::Retry(_) => "job.retry",
            Self::Cancel => "job.cancel",
            Self::Pause(_) => "job.pause",
            Self::Resume => "job.resume",
            Self::SkipStep(..) => "job.skip_step",
            Self::MarkUndone(..) => "job.mark_undone",
            Self::Abandon(_) => "job.abandon",
        }
    }
}

/// Changes the job and, where it leads one, the client in one transaction; what changes nothing is not audited again.
pub(crate) async fn operate_job(app: &App, cx: &Cx, command: OperateJob) -> Result<JobView> {
    let (now, id) = (app.clock.now(), command.job_id);
    let (operation, audited) = (command.change.operation(), command.change.audited());
    let mut tx = app.db.tenant(tenant_of(cx)?, "operate_job").await?;
    if !was_answered(&mut tx, cx, operation, &command.fingerprint).await? {
        let job = jobs::status(&mut tx, id).await?.ok_or(jobs::Error::UnknownJob)?;
        let led = led_client(&mut tx, job, now).await?;
        let done = change_job(app, &mut tx, cx, command, led, now).await?;
        if done.at.is_some() {
            bus::audit(&mut tx, cx, audited, &format!("job:{id}")).await?;
            tell_operated(&mut tx, cx, &done).await?;
        }
        keep_reply(&mut tx, cx, operation, id).await?;
    }
    let view = view_of(&mut tx, id).await?;
    tx.commit().await?;
    Ok(view)
}

async fn change_job(
    app: &App,
    tx: &mut TenantTx,
    cx: &Cx,
    command: OperateJob,
    led: Option<Led>,
    now: Timestamp,
) -> Result<Intervention> {
    let id = command.job_id;
    match command.change {
        JobChange::Retry(step) => {
            resume(tx, cx, led, now).await?;
            Ok(match step {
                None => jobs::retry(tx, cx, id).await?,
                Some(step) => jobs::retry_from(tx, cx, id, &step, None).await?,
            })
        }
        JobChange::Cancel => {
            let done = jobs::cancel(tx, cx, id).await?;
            let ended =
                jobs::status(tx, id).await?.is_some_and(|job| job.state == JobState::Cancelled);
            // Otherwise a worker ends it, and asks its hook.
            if let Some(led) = led.filter(|_| ended && done.at.is_some()) {
                led.fail(tx, cx, cause("cancelled", "Cancelled by hand before it began."), now)
                    .await?;
            }
            Ok(done)
        }
        JobChange::Pause(reason) => Ok(jobs::pause(tx, cx, id, reason.as_str()).await?),
        JobChange::Resume => Ok(jobs::resume(tx, cx, id).await?),
        JobChange::SkipStep(step, reason) => {
            resume(tx, cx, led, now).await?;
            let (output, known) = (json!({}), app.workflows());
            Ok(jobs::skip_step(tx, cx, id, &step, &output, reason.as_str(), &known).await?)
        }
        JobChange::MarkUndone(step, reason) => {
            Ok(jobs::mark_undone(tx, cx, id, &step, reason.as_str()).await?)
        }
        JobChange::Abandon(reason) => {
            let done = jobs::abandon(tx, cx, id, reason.as_str()).await?;
            if let Some(led) = led {
                let message = format!("Abandoned by hand: {}", reason.as_str());
                led.fail(tx, cx, cause("abandoned", &message), now).await?;
            }
            Ok(done)
        }
    }
}

async fn resume(tx: &mut TenantTx, cx: &Cx, led: Option<Led>, now: Timestamp) -> Result<()> {
    match led {
        Some(led) => led.resume(tx, cx, now).await,
        None => Ok(()),
    }
}

fn cause(reason: &str, message: &str) -> Cause {
    Cause { reason: reason.into(), message: message.into() }
}
