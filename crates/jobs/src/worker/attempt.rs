//! One attempt: the step's code under a timeout, a lease and a trace, then the settling of its outcome.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures::FutureExt;
use kernel::Cx;
use tracing::{Instrument, Span, field};

use super::{
    ended::Ended,
    engine::{Engine, Grip, Held},
    settle::{self, Terms},
    tenure::Tenure,
};
use crate::{
    Attempt, Going, StepError, Turn, planner::Duty, progress::Notes, store::settle::Fence, trace,
};

/// Makes the attempt that is due and writes how it ended; answers whether another is due under the same lease.
pub(super) async fn perform(tenure: &mut Tenure) -> bool {
    let span = span_of(&tenure.held);
    trace::continue_from(&span, tenure.held.run.traceparent.as_deref());
    attempt(tenure, &span).instrument(span.clone()).await
}

async fn attempt(tenure: &mut Tenure, span: &Span) -> bool {
    let at = describe(&tenure.engine, &tenure.held, Some(span));
    let ended = match tenure.held.duty {
        Duty::End => Ended::Nothing,
        Duty::PutBack => Ended::PutBack,
        Duty::Attempt(_) => match outcome(&tenure.held, &tenure.grip, &at).await {
            Some(ended) => {
                span.record("outcome", ended.label());
                ended
            }
            None => {
                settle::count_lost(&tenure.held);
                return false;
            }
        },
    };
    let further = tenure.lasts();
    let terms = Terms { fence: Fence::Holder, lost: &tenure.grip.lost, further };
    settle::settle(&tenure.engine, &mut tenure.held, at, ended, &terms).await
}

/// How the attempt ended; `None` where its lease was lost.
async fn outcome(held: &Held, grip: &Grip, at: &Attempt) -> Option<Ended> {
    let begun = Instant::now();
    let limit = held.row().map(|row| row.policy.timeout).unwrap_or_default();
    let ended = tokio::select! {
        biased;
        () = grip.lost.cancelled() => return None,
        () = grip.cancel.cancelled() => Ended::Failed(StepError::cancelled("stopped while under way")),
        never = at.notes.write_along() => match never {},
        ended = tokio::time::timeout(limit, caught(act(held, at))) => {
            ended.unwrap_or_else(|_| Err(StepError::timed_out(limit))).unwrap_or_else(Ended::Failed)
        }
    };
    count(held, &ended, begun);
    Some(ended)
}

/// A panic of foreign code is a failure like any other.
pub(super) async fn caught<T>(
    code: impl Future<Output = Result<T, StepError>>,
) -> Result<T, StepError> {
    AssertUnwindSafe(code).catch_unwind().await.unwrap_or_else(|_| Err(StepError::panicked()))
}

async fn act(held: &Held, at: &Attempt) -> Result<Ended, StepError> {
    let Some(step) = held.code() else {
        let missing = format!("this build has no step {} of {}", at.step, at.workflow);
        return Err(StepError::system("step_unknown", missing).without_effect());
    };
    match (held.lease.going, held.row().and_then(|row| row.child_job)) {
        (Going::Forward, _) => match step.turn(at).await? {
            Turn::Act => step.run(at).await.map(Ended::Done),
            Turn::Skip(reason) => Ok(Ended::Skipped(reason)),
            wait => Ok(Ended::Waits(wait)),
        },
        (Going::Back, Some(child)) => Ok(Ended::TakesBack(child)),
        (Going::Back, None) => step.undo(at).await.map(Ended::Undone),
    }
}

/// What the step and the hooks are told.
pub(super) fn describe(engine: &Engine, held: &Held, span: Option<&Span>) -> Attempt {
    let row = held.row();
    let name = row.map(|row| row.name.clone()).unwrap_or_default();
    let number = row.map_or(0, |row| row.view(held.lease.going).attempts);
    let deadline = engine.clock.now().after(row.map(|row| row.policy.timeout).unwrap_or_default());
    let idempotency_key = match row.map_or(0, |row| row.round) {
        0 => format!("{}/{name}", held.run.id),
        round => format!("{}/{name}/{round}", held.run.id),
    };
    let mut cx = Cx::of_service(engine.db.service(), Some(held.lease.tenant), &engine.clock);
    cx.request_id.clone_from(&held.run.request_id);
    cx.traceparent = span.and_then(trace::traceparent_of).or_else(|| held.run.traceparent.clone());
    cx.idempotency_key = Some(idempotency_key.clone());
    cx.deadline = Some(deadline);
    Attempt {
        job: held.run.id,
        tenant: held.lease.tenant,
        workflow: held.known.workflow.name(),
        key: held.run.key.clone(),
        step: name,
        number,
        idempotency_key,
        input: held.run.input.clone(),
        outputs: held.outputs(),
        cx,
        deadline,
        checkpoint: row.and_then(|row| row.checkpoint.clone()),
        notes: Arc::new(Notes::new(engine.db.clone(), held.lease)),
    }
}

fn span_of(held: &Held) -> Span {
    let row = held.row();
    tracing::info_span!(
        "jobs.step",
        job.id = %held.run.id,
        tenant.id = %held.lease.tenant,
        workflow = held.run.workflow,
        step = row.map(|row| row.name.as_str()),
        going = held.lease.going.as_str(),
        attempt = row.map(|row| row.view(held.lease.going).attempts),
        outcome = field::Empty,
    )
}

fn count(held: &Held, ended: &Ended, begun: Instant) {
    let workflow = held.known.workflow.name();
    let step = held.code().map_or("unknown", |step| step.name());
    metrics::counter!("usher_job_attempts_total", "workflow" => workflow, "step" => step)
        .increment(1);
    metrics::histogram!(
        "usher_job_step_duration_seconds",
        "workflow" => workflow, "step" => step, "outcome" => ended.label()
    )
    .record(begun.elapsed().as_secs_f64());
    if let Ended::Failed(error) = ended
        && !error.is_put_off()
    {
        metrics::counter!(
            "usher_job_failures_total",
            "class" => error.class.as_str(), "workflow" => workflow
        )
        .increment(1);
    }
}
