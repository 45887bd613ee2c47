//! The loop that takes ready runs and starts attempts.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    attempt, count,
    engine::{Engine, Grip, Held},
    pace::jittered,
    wake::Word,
};
use crate::{
    Going, planner,
    planner::Duty,
    store::{
        claim::{self, Appetite, Begun, Lease, Turns},
        load::{self, RunRow, StepRow},
        settle::{self, Ready},
    },
};

/// Takes and attempts until `stop`, then waits for the attempts under way.
pub(super) async fn take_and_attempt(engine: &Arc<Engine>, word: &Word, stop: &CancellationToken) {
    let mut running = JoinSet::new();
    let mut pause = engine.pace.poll_min;
    while !stop.is_cancelled() {
        while running.try_join_next().is_some() {}
        let free = engine.limits.concurrency.saturating_sub(running.len());
        if free > 0 {
            match take(engine, free, stop).await {
                Ok(Taken::Runs(taken)) => {
                    pause = engine.pace.poll_min;
                    for held in taken {
                        let grip = hold(engine, &held);
                        running.spawn(attempt::perform(Arc::clone(engine), held, grip));
                    }
                    if running.len() >= engine.limits.concurrency {
                        word.surplus.ring();
                    }
                    continue;
                }
                Ok(Taken::Again) => continue,
                Ok(Taken::Contended) => pause = engine.pace.poll_min,
                Ok(Taken::Nothing) => {}
                Err(failure) => tracing::warn!(error = %failure, "ready jobs could not be taken"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.db.jobs_signal().heard() => {
                pause = engine.pace.poll_min;
                // Whoever has a place for it may take it.
                if free == 0 {
                    word.surplus.ring();
                }
            }
            () = word.heard.heard(), if free > 0 => pause = engine.pace.poll_min,
            Some(_) = running.join_next() => pause = engine.pace.poll_min,
            () = tokio::time::sleep(jittered(pause)), if free > 0 => pause = longer(pause, engine.pace.poll_max),
        }
    }
    while running.join_next().await.is_some() {}
}

fn longer(pause: Duration, most: Duration) -> Duration {
    pause.saturating_mul(2).min(most)
}

/// From here on the lease is renewed.
pub(super) fn hold(engine: &Engine, held: &Held) -> Grip {
    let grip = Grip {
        lease: held.lease,
        lost: CancellationToken::new(),
        cancel: CancellationToken::new(),
    };
    engine.grips().insert(held.lease.token, grip.clone());
    grip
}

/// What a claim brought.
pub(super) enum Taken {
    Runs(Vec<Held>),
    /// Runs became ready by this look, whose time had come.
    Again,
    /// Another worker was claiming of the same tenants or workflows.
    Contended,
    Nothing,
}

/// One claim: a commit for any number of runs.
pub(super) async fn take(
    engine: &Engine,
    free: usize,
    stop: &CancellationToken,
) -> pg::Result<Taken> {
    let (workflows, versions) = engine.workflows();
    let after = *engine.served();
    let appetite = Appetite {
        worker: engine.id,
        workflows,
        versions,
        most: engine.most(),
        now: engine.clock.now(),
        slots: i64::try_from(free).unwrap_or(i64::MAX),
        per_tenant: i64::try_from(engine.limits.per_tenant).unwrap_or(i64::MAX),
        after,
        lease_millis: engine.lease_millis(),
    };
    let begun = Instant::now();
    let reason = "one worker serves all tenants";
    let mut tx = engine.db.platform_with("claim_jobs", reason, claim::WALK).await?;
    let turns = claim::look(&mut tx, &appetite).await?;
    // What became ready after the stop is left to others, also by a claim that was on its way.
    if turns.tenants.is_empty() || stop.is_cancelled() {
        tx.commit().await?;
        count::claimed(engine, begun, &[], &appetite);
        return Ok(match turns {
            Turns { due: 1.., .. } if !stop.is_cancelled() => Taken::Again,
            Turns { contended: true, .. } => Taken::Contended,
            _ => Taken::Nothing,
        });
    }
    let taken = claim::take(&mut tx, &appetite, &turns).await?;
    let leases: Vec<Lease> = taken.iter().map(|taken| taken.lease).collect();
    let mut held = load_runs(engine, &mut tx, &leases).await?;
    begin(&mut tx, engine, &mut held).await?;
    tx.commit().await?;
    count::claimed(engine, begun, &taken, &appetite);
    if let Some(last) = leases.last() {
        *engine.served() = last.tenant;
    }
    Ok(match (held.is_empty(), turns.contended) {
        (false, _) => Taken::Runs(held),
        (true, true) => Taken::Contended,
        (true, false) => Taken::Nothing,
    })
}

/// Loads what was taken, planning the runs that begin.
pub(super) async fn load_runs(
    engine: &Engine,
    tx: &mut pg::PlatformTx,
    leases: &[Lease],
) -> pg::Result<Vec<Held>> {
    let runs = load::runs(tx, leases).await?;
    let mut held = Vec::with_capacity(leases.len());
    for lease in leases {
        // Steps side by side come with a lease each.
        let Some((run, mut steps)) = runs.get(&lease.job).cloned() else {
            continue;
        };
        let Some(known) = engine.known(&run) else {
            continue;
        };
        if steps.is_empty() {
            steps = load::insert_plan(tx, lease.tenant, lease.job, &known.steps).await?;
            begin_beside(tx, lease, &run, &steps).await?;
        }
        let duty = Duty::Attempt(lease.place());
        held.push(Held { lease: *lease, run, steps, duty, known, company: false });
    }
    Ok(held)
}

/// Who starts a run does not know its plan: what begins beside the first step is made ready with the plan.
async fn begin_beside(
    tx: &mut pg::PlatformTx,
    lease: &Lease,
    run: &RunRow,
    steps: &[StepRow],
) -> pg::Result<()> {
    let views: Vec<_> = steps.iter().map(|step| step.view(Going::Forward)).collect();
    let others = planner::starts(&views, 0).into_iter().skip(1);
    let steps: Vec<_> = others.map(settle::number).collect();
    if steps.is_empty() {
        return Ok(());
    }
    let ready = Ready { going: Going::Forward, steps, due: None, paused: run.paused };
    settle::insert_ready(tx, lease, run, &ready).await
}

/// Decides what is due and counts the attempts that begin.
async fn begin(tx: &mut pg::PlatformTx, engine: &Engine, taken: &mut [Held]) -> pg::Result<()> {
    let mut begun = Begun::default();
    for held in taken {
        let views = held.views(held.lease.going);
        held.duty = planner::enter(&held.view(&views), held.lease.place());
        let Duty::Attempt(place) = held.duty else {
            continue;
        };
        held.lease.going = place.going;
        held.lease.step = settle::number(place.step);
        if held.code().is_none() {
            held.duty = Duty::PutBack;
            continue;
        }
        begun.tokens.push(held.lease.token);
        begun.tenants.push(held.lease.tenant.uuid());
        begun.jobs.push(held.lease.job.uuid());
        begun.steps.push(held.lease.step);
        begun.going.push(place.going.as_str());
        if let Some(row) = held.steps.get_mut(place.step) {
            match place.going {
                Going::Forward => row.attempts += 1,
                Going::Back => row.undo_attempts += 1,
            }
        }
    }
    if begun.jobs.is_empty() {
        return Ok(());
    }
    claim::mark_begun(tx, &begun, engine.clock.now()).await
}
