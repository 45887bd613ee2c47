//! Keeping our leases, and taking up the runs whose worker lost its own.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::{
    attempt::describe,
    claim::load_runs,
    count,
    ended::Ended,
    engine::{Engine, Grip, Held},
    pace::jittered,
    settle::{self, Terms},
};
use crate::{
    HeldFor, StepError, StepState, depth,
    planner::{self, Duty},
    store::{known, lease, settle::Fence},
};

/// Settlings of lost leases at a time.
const SWEEPERS: usize = 4;

/// Renews all leases of this worker together until `drained`.
pub(super) async fn renew(engine: &Arc<Engine>, drained: &CancellationToken) {
    let mut pause = engine.pace.renew;
    loop {
        tokio::select! {
            () = drained.cancelled() => return,
            () = tokio::time::sleep(pause) => pause = engine.pace.renew,
        }
        let grips: Vec<Grip> = engine.grips().values().cloned().collect();
        if grips.is_empty() {
            continue;
        }
        if let Err(failure) = renew_once(engine, &grips).await {
            tracing::warn!(error = %failure, leases = grips.len(), "leases could not be renewed");
            // A database that comes back must meet us before it meets the sweep of another process.
            pause = pause.min(Duration::from_secs(1));
        }
    }
}

async fn renew_once(engine: &Engine, grips: &[Grip]) -> pg::Result<()> {
    let leases: Vec<_> = grips.iter().map(|grip| grip.lease).collect();
    let mut tx = engine.db.platform("renew_job_leases", "one worker serves all tenants").await?;
    let kept = lease::renew(&mut tx, &leases, engine.lease_millis()).await?;
    tx.commit().await?;
    for grip in grips {
        match kept.iter().find(|(_, token, _)| *token == grip.lease.token) {
            Some((_, _, true)) => grip.cancel.cancel(),
            Some(_) => {}
            // Ended in the meantime, or lost; the first has left the grips and hears nothing of this.
            None => grip.lost.cancel(),
        }
    }
    Ok(())
}

/// Looks for lost leases at once and then all the time, until `stop`.
pub(super) async fn sweep(engine: &Arc<Engine>, stop: &CancellationToken) {
    loop {
        if let Err(failure) = sweep_once(engine).await {
            tracing::warn!(error = %failure, "lost leases could not be swept");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(jittered(engine.pace.sweep)) => {}
        }
    }
}

pub(super) async fn sweep_once(engine: &Engine) -> pg::Result<()> {
    let (workflows, versions) = engine.workflows();
    let ours: Vec<i64> = engine.grips().keys().copied().collect();
    let mut tx =
        engine.db.platform("sweep_jobs", "a dead worker leaves runs of any tenant").await?;
    lease::hasten_cancelled(&mut tx).await?;
    let expired = lease::expired(&mut tx, &workflows, &versions, &ours).await?;
    let lost = load_runs(engine, &mut tx, &expired).await?;
    known::see_worker(&mut tx, engine.id, &workflows, &versions, engine.unseen_millis()).await?;
    let held = known::hold_unknown(&mut tx, engine.unseen_millis()).await?;
    tx.commit().await?;
    count_held(engine, &held);
    stream::iter(lost).for_each_concurrent(SWEEPERS, |held| take_up(engine, held)).await;
    count::measured(engine, &depth(&engine.db, engine.clock.now()).await?);
    Ok(())
}

fn count_held(engine: &Engine, held: &[(String, i32, HeldFor, i64)]) {
    for (workflow, version, why, runs) in held {
        tracing::warn!(workflow, version, why = %why, runs, "jobs wait for a build that knows them");
    }
    for why in HeldFor::ALL {
        let runs: i64 = held.iter().filter(|(_, _, of, _)| of == why).map(|held| held.3).sum();
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        metrics::gauge!("usher_jobs_held", "service" => engine.db.service(), "why" => why.as_str())
            .set(runs as f64);
    }
}

/// The attempt, if one was under way, counts as failed with an unknown effect, and the run goes on from there like after any failure.
async fn take_up(engine: &Engine, mut held: Held) {
    let at = describe(engine, &held, None);
    tracing::warn!(job.id = %at.job, step = at.step, attempt = at.number, "a worker's lease ran out; the job is taken up");
    metrics::counter!("usher_job_failures_total", "class" => "lost", "workflow" => at.workflow)
        .increment(1);
    let attempted =
        held.row().is_some_and(|row| matches!(row.state, StepState::Running | StepState::Undoing));
    let views = held.views(held.lease.going);
    let lost = match planner::enter(&held.view(&views), held.lease.place()) {
        _ if attempted => Ended::Lost(StepError::worker_lost()),
        Duty::End => Ended::Nothing,
        // It was on its way back.
        Duty::Attempt(_) | Duty::PutBack => Ended::PutBack,
    };
    let terms = Terms { fence: Fence::Expired, lost: &CancellationToken::new(), further: false };
    settle::settle(engine, &mut held, at, lost, &terms).await;
}
