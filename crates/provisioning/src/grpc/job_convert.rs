//! Jobs as wire messages. Who may read a job is an operator: the operator's words come first.

use jobs::{Intervention, JobStatus, StepStatus};
use wire::{provisioning::v1 as proto, timestamp};

use crate::{domain::Client, ops::JobView};

impl From<&JobView> for proto::Job {
    fn from(view: &JobView) -> Self {
        let interventions = view.interventions.iter().map(intervention).collect();
        Self { interventions, ..job(&view.job) }
    }
}

/// A function, since both types are foreign here.
pub(super) fn job(job: &JobStatus) -> proto::Job {
    let failure = job.failure.as_ref();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let client = Client::read_job_key(&job.key);
    proto::Job {
        job_id: job.id.to_string(),
        workflow: job.workflow.clone(),
        state: job.state.to_string(),
        steps: steps(job),
        created_at: Some(timestamp(job.created_at)),
        ended_at: job.ended_at.map(timestamp),
        key: job.key.clone(),
        client_id: client.map(|id| id.to_string()).unwrap_or_default(),
        failed_step: failure.map(|why| why.step.clone()).unwrap_or_default(),
        reason: failure.map(|why| why.reason.clone()).unwrap_or_default(),
        message: failure.map(|why| why.operator.clone()).unwrap_or_default(),
        cancelled_by: text(&job.cancelled_by),
        paused_by: text(&job.paused_by),
        held: job.held.map(|why| why.to_string()).unwrap_or_default(),
        parent_job_id: job.parent.map(|id| id.to_string()).unwrap_or_default(),
        interventions: Vec::new(),
    }
}

/// The steps of a job, in order.
pub(super) fn steps(job: &JobStatus) -> Vec<proto::StepStatus> {
    job.steps.iter().map(step).collect()
}

fn step(step: &StepStatus) -> proto::StepStatus {
    let message = step.detail.as_ref().or(step.message.as_ref());
    let progress = step.progress.as_ref();
    proto::StepStatus {
        name: step.name.clone(),
        state: step.state.to_string(),
        attempts: i32::try_from(step.attempts).unwrap_or(i32::MAX),
        next_attempt_at: step.next_attempt_at.map(timestamp),
        started_at: step.started_at.map(timestamp),
        ended_at: step.ended_at.map(timestamp),
        reason: step.reason.clone().unwrap_or_default(),
        message: message.cloned().unwrap_or_default(),
        progress_percent: progress.map(|told| told.percent.into()).unwrap_or_default(),
        progress_message: progress.map(|told| told.message.clone()).unwrap_or_default(),
        waits_for: step.waits_for.clone().unwrap_or_default(),
    }
}

fn intervention(done: &Intervention) -> proto::JobIntervention {
    proto::JobIntervention {
        verb: done.verb.to_string(),
        step: done.step.clone().unwrap_or_default(),
        reason: done.reason.clone().unwrap_or_default(),
        actor: done.actor.clone(),
        was: done.was.to_string(),
        at: done.at.map(timestamp),
    }
}
