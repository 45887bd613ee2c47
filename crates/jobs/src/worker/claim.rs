//! The loop that takes ready runs and starts attempts.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use kernel::{TenantId, Timestamp};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    count,
    engine::{Engine, Held},
    pace::jittered,
    tenure::Tenure,
    wake::Word,
};
use crate::{
    Going, planner,
    planner::Duty,
    store::{
        claim::{self, Appetite, Begun, Lease, Turns},
        load,
        settle::{self, Ready},
    },
};

/// Places that come free one after the other are filled by one claim: this long after the first at the latest.
const GATHER: Duration = Duration::from_millis(2);

/// Takes and attempts until `stop`, then waits for the attempts under way.
pub(super) async fn take_and_attempt(engine: &Arc<Engine>, word: &Word, stop: &CancellationToken) {
    let mut running = JoinSet::new();
    let mut pause = engine.pace.poll_min;
    let mut backlog = false;
    while !stop.is_cancelled() {
        let free = free(engine, &mut running, backlog).await;
        if free > 0 {
            backlog = false;
            match take(engine, free, stop).await {
                Ok(Taken::Runs { held, more }) => {
                    pause = engine.pace.poll_min;
                    backlog = held.len() >= free;
                    for held in held {
                        running.spawn(Tenure::begin(engine, held, stop).serve());
                    }
                    if running.len() >= engine.limits.concurrency {
                        word.surplus.ring();
                    }
                    if more {
                        continue;
                    }
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

/// How many places are free; where more work waits than there are, after a moment in which others come free as well.
async fn free(engine: &Engine, running: &mut JoinSet<()>, backlog: bool) -> usize {
    let places = engine.limits.concurrency;
    while running.try_join_next().is_some() {}
    if backlog && running.len() < places {
        let gathered = async {
            while places - running.len() < places.div_ceil(4) && running.join_next().await.is_some()
            {
            }
        };
        // Out of time is as good: what came free is filled.
        tokio::time::timeout(GATHER, gathered).await.ok();
    }
    places.saturating_sub(running.len())
}

fn longer(pause: Duration, most: Duration) -> Duration {
    pause.saturating_mul(2).min(most)
}

/// What a claim brought.
pub(super) enum Taken {
    Runs {
        held: Vec<Held>,
        /// Another look may find more at once.
        more: bool,
    },
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
    let beside = begin(&mut tx, engine, &mut held).await?;
    tx.commit().await?;
    count::claimed(engine, begun, &taken, &appetite);
    if let Some(last) = leases.last() {
        *engine.served() = last.tenant;
    }
    let more =
        beside || turns.contended || turns.due > 0 || has_more(&leases, &turns, appetite.slots);
    Ok(match (held.is_empty(), turns.contended) {
        (false, _) => Taken::Runs { held, more },
        (true, true) => Taken::Contended,
        (true, false) => Taken::Nothing,
    })
}

/// Whether a claim stopped short of what is ready: its places are filled, or a tenant has more than its share.
fn has_more(leases: &[Lease], turns: &Turns, slots: i64) -> bool {
    let mut of_tenant: HashMap<TenantId, i64> = HashMap::new();
    leases.iter().for_each(|lease| *of_tenant.entry(lease.tenant).or_default() += 1);
    of_tenant.values().sum::<i64>() >= slots
        || of_tenant.values().any(|taken| *taken >= turns.share(slots))
}

/// Loads what was taken, with the plan that it has or is to have.
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
        if !run.planned {
            steps = load::plan(lease.job, &known.steps);
        }
        let duty = Duty::Attempt(lease.place());
        held.push(Held { lease: *lease, run, steps, duty, known, company: false });
    }
    Ok(held)
}

/// The run under a lease that is ours and stands further on than its holder knew.
pub(super) async fn load_ahead(engine: &Engine, lease: Lease) -> pg::Result<Option<Held>> {
    let mut tx = engine.db.platform("load_job", "one worker serves all tenants").await?;
    let held = load_runs(engine, &mut tx, &[lease]).await?.pop();
    tx.commit().await?;
    Ok(held)
}

/// Decides what is due, writes the plans of the runs that begin and counts the attempts that do. Answers whether others
/// became ready beside them.
async fn begin(tx: &mut pg::PlatformTx, engine: &Engine, taken: &mut [Held]) -> pg::Result<bool> {
    let now = engine.clock.now();
    let mut begun = Begun::default();
    for held in &mut *taken {
        let views = held.views(held.lease.going);
        held.duty = planner::enter(&held.view(&views), held.lease.place());
        if let Duty::Attempt(place) = held.duty {
            held.begin(place);
            if held.code().is_none() {
                held.duty = Duty::PutBack;
                continue;
            }
            begun.add(&held.lease, held.run.planned);
        }
    }
    let beside = write_plans(tx, taken, now).await?;
    if !begun.jobs.is_empty() {
        claim::mark_begun(tx, &begun, now).await?;
    }
    Ok(beside)
}

/// Who starts a run does not know its plan: what begins beside the first step is made ready with the plan. Answers
/// whether anything was.
async fn write_plans(tx: &mut pg::PlatformTx, taken: &[Held], now: Timestamp) -> pg::Result<bool> {
    let fresh = || taken.iter().filter(|held| !held.run.planned);
    let plans: Vec<_> = fresh().map(|held| (held.lease.tenant, held.steps.as_slice())).collect();
    if plans.is_empty() {
        return Ok(false);
    }
    load::insert_plans(tx, &plans, now).await?;
    let mut beside = false;
    for held in fresh() {
        let others = planner::starts(&held.views(Going::Forward), 0).into_iter().skip(1);
        let steps: Vec<_> = others.map(settle::number).collect();
        if !steps.is_empty() {
            let ready = Ready { going: Going::Forward, steps, due: None, paused: held.run.paused };
            settle::insert_ready(tx, &held.lease, &held.run, &ready).await?;
            beside = true;
        }
    }
    Ok(beside)
}
