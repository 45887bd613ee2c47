//! Whether a wait is over, looked up in the transaction that keeps the answer.

use std::time::Duration;

use kernel::{JobId, Timestamp};
use pg::TenantTx;
use serde_json::json;

use super::{ended::Ended, engine::Held};
use crate::{
    Attempt, Await, Child, Effect, Error, Going, JobState, Late, StepError, Turn, Undone, operate,
    start,
    store::{self, child, settle::number, signal},
};

/// A wait for another run is looked after this often, should its end not have woken us.
const LOOK_AFTER: Duration = Duration::from_secs(3600);

/// What a wait has come to. The run of a child is locked before our own, which the child's end never locks.
pub(super) async fn resolve(
    tx: &mut TenantTx,
    held: &Held,
    at: &Attempt,
    ended: &Ended,
    now: Timestamp,
) -> pg::Result<Option<Ended>> {
    let begun = held.row().and_then(|row| row.waits_until);
    Ok(Some(match ended {
        // It is to stop: nothing is begun or taken any more.
        Ended::Waits(_) if held.run.cancelled_by.is_some() => time(now.after(LOOK_AFTER), now),
        Ended::Waits(Turn::Until(until)) => time(*until, now),
        Ended::Waits(Turn::For(span)) => time(begun.unwrap_or_else(|| now.after(*span)), now),
        Ended::Waits(Turn::Signal(wait)) => {
            let until = begun.unwrap_or_else(|| now.after(wait.limit));
            for_signal(tx, held, wait, until, now).await?
        }
        Ended::Waits(Turn::Child(wanted)) => for_child(tx, held, at, wanted, now).await?,
        Ended::TakesBack(child) => take_back(tx, held, *child, now).await?,
        _ => return Ok(None),
    }))
}

fn time(until: Timestamp, now: Timestamp) -> Ended {
    if now >= until {
        return Ended::Came(json!({}), Effect::None);
    }
    Ended::Waiting { what: "time".into(), until, effect: Effect::None }
}

async fn for_signal(
    tx: &mut TenantTx,
    held: &Held,
    wait: &Await,
    until: Timestamp,
    now: Timestamp,
) -> pg::Result<Ended> {
    // Whoever signals locks the run first: it is either seen here, or sees us waiting.
    store::settle::lock_run(tx, &held.lease).await?;
    if let Some(payload) =
        signal::take_signal(tx, held.lease.job, number(held.step()), wait.name).await?
    {
        return Ok(Ended::Came(payload, Effect::None));
    }
    if now < until {
        let what = format!("signal {}", wait.name);
        return Ok(Ended::Waiting { what, until, effect: Effect::None });
    }
    Ok(match &wait.late {
        Late::Done(output) => Ended::Came(output.clone(), Effect::None),
        Late::Fails => Ended::Failed(StepError::config(
            "signal_missing",
            "What the work waited for did not come in time.",
            format!("no signal {} came within {} s", wait.name, wait.limit.as_secs_f32()),
        )),
    })
}

async fn for_child(
    tx: &mut TenantTx,
    held: &Held,
    at: &Attempt,
    wanted: &Child,
    now: Timestamp,
) -> pg::Result<Ended> {
    let Child { workflow, version, input } = wanted;
    let started = start(tx, &at.cx, workflow, *version, &at.idempotency_key, input).await;
    let id = match started {
        Ok(started) => started.id(),
        Err(Error::Database(failure)) => return Err(failure),
        Err(refused) => {
            return Ok(Ended::Failed(
                StepError::system("child_refused", refused.to_string()).without_effect(),
            ));
        }
    };
    let found = child::lock_child(tx, id).await?;
    child::adopt(tx, &held.lease, number(held.step()), id).await?;
    let Some(found) = found else {
        return Ok(waits_for_child(id, now));
    };
    let waited = held.row().is_some_and(|row| row.waits_for.is_some());
    match found.state {
        JobState::Done => Ok(Ended::Came(found.outputs, Effect::Unknown)),
        JobState::Failed | JobState::Cancelled if waited => {
            let failure = found.failure.map(|failure| failure.0);
            let user = failure.as_ref().map_or("The work was cancelled.", |why| &why.user);
            let why = failure.as_ref().map_or("it was cancelled", |why| &why.operator);
            let detail =
                format!("the job {} of {workflow} ended as {}: {why}", found.id, found.state);
            Ok(Ended::Failed(StepError::config("child_failed", user, detail)))
        }
        JobState::Failed | JobState::Cancelled => {
            // It failed for an earlier try of this step; this is another.
            match operate::go_on(tx, id).await {
                Ok(()) => Ok(waits_for_child(id, now)),
                Err(Error::Database(failure)) => Err(failure),
                Err(refused) => {
                    Ok(Ended::Failed(StepError::system("child_refused", refused.to_string())))
                }
            }
        }
        JobState::Queued | JobState::Running | JobState::Waiting | JobState::Stuck => {
            Ok(waits_for_child(id, now))
        }
    }
}

/// Asks a child to stop, or to take back what it did, and waits for its end.
async fn take_back(tx: &mut TenantTx, held: &Held, id: JobId, now: Timestamp) -> pg::Result<Ended> {
    let Some(found) = child::lock_child(tx, id).await? else {
        return Ok(Ended::Undone(Undone::Reverted));
    };
    let by = format!("job:{}", held.run.id);
    match found.state {
        JobState::Failed | JobState::Cancelled => Ok(Ended::Undone(Undone::Reverted)),
        JobState::Done => {
            let Some(last) = child::last_acted(tx, id).await? else {
                return Ok(Ended::Undone(Undone::Reverted));
            };
            match operate::reopen(tx, id, Going::Back, &[last]).await {
                Ok(()) => {}
                Err(Error::Database(failure)) => return Err(failure),
                Err(refused) => {
                    return Ok(Ended::Failed(StepError::system(
                        "child_refused",
                        refused.to_string(),
                    )));
                }
            }
            store::operate::mark_cancelled(tx, id, &by).await?;
            Ok(waits_for_child(id, now))
        }
        JobState::Queued | JobState::Running | JobState::Waiting | JobState::Stuck => {
            store::operate::mark_cancelled(tx, id, &by).await?;
            store::child::unpause_and_hasten(tx, id).await?;
            Ok(waits_for_child(id, now))
        }
    }
}

fn waits_for_child(id: JobId, now: Timestamp) -> Ended {
    let until = now.after(LOOK_AFTER);
    Ended::Waiting { what: format!("job {id}"), until, effect: Effect::Unknown }
}
