//! The figures of claiming and of the queue, under their names.

use std::time::Instant;

use super::engine::Engine;
use crate::{
    Depth,
    store::claim::{Appetite, Taken},
};

/// What a claim took, how long that took, and how long the runs had waited for a worker.
pub(super) fn claimed(engine: &Engine, begun: Instant, taken: &[Taken], appetite: &Appetite) {
    let service = engine.db.service();
    let outcome = if taken.is_empty() { "empty" } else { "taken" };
    metrics::histogram!("usher_job_claim_duration_seconds", "service" => service, "outcome" => outcome)
        .record(begun.elapsed().as_secs_f64());
    for run in taken {
        let at = usize::try_from(run.workflow_at).unwrap_or_default();
        let workflow = appetite.workflows.get(at.wrapping_sub(1)).cloned().unwrap_or_default();
        metrics::histogram!("usher_job_wait_seconds", "service" => service, "workflow" => workflow)
            .record(run.waited_seconds);
    }
}

/// How much work there is, and how long the eldest of it has waited for a worker.
pub(super) fn measured(engine: &Engine, depth: &Depth) {
    let service = engine.db.service();
    for (state, runs) in [
        ("ready", depth.ready),
        ("waiting", depth.waiting),
        ("running", depth.running),
        ("stuck", depth.stuck),
    ] {
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        metrics::gauge!("usher_jobs_ready", "service" => service, "state" => state)
            .set(runs as f64);
    }
    metrics::gauge!("usher_jobs_oldest_ready_seconds", "service" => service)
        .set(depth.oldest_ready.as_secs_f64());
}
