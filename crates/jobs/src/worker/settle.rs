//! Writing how an attempt ended: fence, result, hooks, and the next ready row or the next attempt's begin, in one commit.

use std::time::{Duration, Instant};

use pg::TenantTx;
use tokio_util::sync::CancellationToken;

use super::{
    attempt::caught,
    change::Change,
    claim,
    ended::Ended,
    engine::{Engine, Held},
    pace::jittered,
    wait,
};
use crate::{
    Attempt, HeldFor, StepError,
    planner::Duty,
    store::{
        claim::Lease,
        load,
        settle::{self, Fence, Ready},
    },
};

/// How often a hook may refuse before the end is written without it.
const REFUSALS: u32 = 3;

/// What came of one try to write.
enum Written {
    /// The lease was given up.
    Over,
    /// The next attempt has begun under the same lease.
    GoesOn,
    /// An earlier try took hold though it seemed to fail: the next attempt has begun under this lease.
    Ahead(Lease),
    /// The lease is no longer ours; nothing was written.
    Stale,
    /// The domain refused; nothing was written.
    Refused(StepError),
}

/// On which terms the end of an attempt is written.
#[derive(Debug)]
pub(super) struct Terms<'a> {
    pub(super) fence: Fence,
    /// Who renews saw the lease lost.
    pub(super) lost: &'a CancellationToken,
    /// The run may go on under its lease.
    pub(super) further: bool,
}

/// A run whose step this build lacks is looked at again after this pause, by whichever build takes it then.
const LACKING: Duration = Duration::from_secs(30);

/// Whether hooks are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hooks {
    Asked,
    LeftOut,
}

/// Writes how the attempt ended, again and again while the database is away, until it is written or the lease is
/// somebody else's. Answers whether another attempt has begun under the lease; `held` is about that one then.
pub(super) async fn settle(
    engine: &Engine,
    held: &mut Held,
    at: Attempt,
    mut ended: Ended,
    terms: &Terms<'_>,
) -> bool {
    let (mut refusals, mut hooks, mut pause) = (0, Hooks::Asked, engine.pace.poll_min);
    let begun = Instant::now();
    loop {
        match write(engine, held, &at, &ended, terms, hooks).await {
            Ok(Written::Over) => return false,
            Ok(Written::GoesOn) => return true,
            Ok(Written::Ahead(lease)) => match claim::load_ahead(engine, lease).await {
                Ok(Some(ahead)) => {
                    *held = ahead;
                    return true;
                }
                Ok(None) => return false,
                Err(failure) => {
                    tracing::warn!(error = %failure, job.id = %at.job, "a job cannot be loaded");
                }
            },
            Ok(Written::Stale) => {
                count_lost(held);
                return false;
            }
            Ok(Written::Refused(error)) => {
                refusals += 1;
                tracing::warn!(error = %error, job.id = %at.job, step = at.step, "the end of an attempt was refused");
                if matches!(ended, Ended::Done(_) | Ended::Waits(_)) {
                    // A database that was away for a moment is no reason to act outside a second time.
                    if error.reason != "database_unavailable" || refusals >= REFUSALS {
                        (ended, refusals) = (Ended::Failed(error.with_unknown_effect()), 0);
                        continue;
                    }
                } else if refusals >= REFUSALS {
                    hooks = Hooks::LeftOut;
                }
            }
            Err(failure) => {
                tracing::warn!(error = %failure, job.id = %at.job, "the end of an attempt could not be written");
                // The sweep of whoever is alive takes over; an expired lease is found by the next sweep again.
                let long = begun.elapsed() > engine.pace.lease.saturating_mul(10);
                if terms.fence == Fence::Expired || long {
                    return false;
                }
            }
        }
        tokio::select! {
            () = terms.lost.cancelled() => {
                count_lost(held);
                return false;
            }
            () = tokio::time::sleep(jittered(pause)) => pause = (pause * 2).min(Duration::from_secs(1)),
        }
    }
}

pub(super) fn count_lost(held: &Held) {
    metrics::counter!("usher_job_lease_lost_total").increment(1);
    tracing::warn!(job.id = %held.run.id, "the lease was lost; another worker has the job");
}

async fn write(
    engine: &Engine,
    held: &mut Held,
    at: &Attempt,
    ended: &Ended,
    terms: &Terms<'_>,
    hooks: Hooks,
) -> pg::Result<Written> {
    let mut tx = engine.db.tenant(held.lease.tenant, "settle_job").await?;
    let Some(asked) = settle::fence(&mut tx, &held.lease, terms.fence).await? else {
        return Ok(Written::Stale);
    };
    if matches!(held.duty, Duty::Attempt(_)) && asked.lease.place() != held.lease.place() {
        return Ok(match terms.fence {
            // Nobody else moves a lease of ours.
            Fence::Holder => Written::Ahead(asked.lease),
            Fence::Expired => Written::Stale,
        });
    }
    (held.run.cancelled_by, held.run.paused) = (asked.cancelled_by, asked.paused);
    if matches!(ended, Ended::PutBack) {
        put_back(engine, held, &mut tx).await?;
        tx.commit().await?;
        return Ok(Written::Over);
    }
    let now = engine.clock.now();
    let resolved = wait::resolve(&mut tx, held, at, ended, now).await?;
    let ended = resolved.as_ref().unwrap_or(ended);
    if let (Some(output), Some(step)) = (ended.output(), held.code())
        && let Err(refused) = caught(step.record(&mut tx, at, output)).await
    {
        return Ok(Written::Refused(refused));
    }
    // Last, so that nobody waits for a hook of the domain who need not.
    meet_others(held, &mut tx).await?;
    let change = Change::of(held, at, ended, hooks, now);
    if hooks == Hooks::Asked
        && let Err(refused) = caught(change.ask_hooks(&mut tx)).await
    {
        return Ok(Written::Refused(refused));
    }
    let next = change.keep(engine, &mut tx, terms).await?;
    let (step, effect, output) = change.kept();
    tx.commit().await?;
    let Some(next) = next else {
        return Ok(Written::Over);
    };
    held.end(step, effect, output);
    held.begin(next.place());
    Ok(Written::GoesOn)
}

/// Steps side by side end one after the other. All others lock the run after the hooks alone: what the domain locks
/// comes first there, as for people who change a thing of the domain and its run.
async fn meet_others(held: &mut Held, tx: &mut TenantTx) -> pg::Result<()> {
    if held.row().is_none_or(|row| row.side_by_side.is_none()) {
        return Ok(());
    }
    let run = settle::lock_run(tx, &held.lease).await?;
    (held.run.cancelled_by, held.run.paused) = (run.cancelled_by, run.paused);
    (held.run.failure, held.company) = (run.failure, run.company);
    held.steps = load::steps_of(tx, held.lease.job).await?;
    Ok(())
}

/// Puts a run back that may not go on: paused, or with a step that this build lacks.
async fn put_back(engine: &Engine, held: &mut Held, tx: &mut TenantTx) -> pg::Result<()> {
    let run = settle::lock_run(tx, &held.lease).await?;
    let lacking = held.step() < held.steps.len() && held.code().is_none();
    if lacking {
        settle::hold(tx, &held.lease, HeldFor::Step).await?;
        let workflow = held.known.workflow.name();
        let step = held.row().map(|row| row.name.as_str());
        tracing::warn!(job.id = %held.run.id, workflow, step, "a job waits for a build that has its step");
    }
    let ready = Ready {
        going: held.lease.going,
        steps: vec![held.lease.step],
        due: lacking.then(|| engine.clock.now().after(LACKING)),
        paused: run.paused,
    };
    settle::leave(tx, &held.lease).await?;
    settle::insert_ready(tx, &held.lease, &held.run, &ready).await
}
