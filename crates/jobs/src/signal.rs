//! Telling a run of a fact that it waits for, or will.

use kernel::JobId;
use pg::TenantTx;
use serde::Serialize;

use crate::{Error, Result, store};

/// Which run a signal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom<'a> {
    /// The run itself.
    Job(JobId),
    /// The run of a workflow that a key began.
    Key(&'a str, &'a str),
}

/// What became of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It is kept for the run, which takes it when it waits for one of this name.
    New,
    /// A signal of this id was kept before; nothing changed.
    Before,
}

/// Tells a run of a fact, in the transaction of whoever heard it. `signal_id` (1 to 255 characters) tells repeats: the
/// same id is kept once per run. A signal that comes before its wait is kept until then.
///
/// # Errors
/// [`Error::UnknownJob`]; [`Error::WrongState`] for a run that has ended; [`Error::SignalReused`] where the id was used
/// for a signal of another name; [`Error::Input`] where the payload is no JSON.
pub async fn signal(
    tx: &mut TenantTx,
    whom: Whom<'_>,
    name: &str,
    signal_id: &str,
    payload: &impl Serialize,
) -> Result<Heard> {
    let payload = serde_json::to_value(payload).map_err(Error::Input)?;
    let job = match whom {
        Whom::Job(id) => Some(id),
        Whom::Key(workflow, key) => store::signal::run_of_key(tx, workflow, key).await?,
    };
    let job = job.ok_or(Error::UnknownJob)?;
    // Locked, so that a run that begins to wait this moment either sees the signal or is seen waiting.
    let run = store::operate::lock_or_see(tx, job).await?.ok_or(Error::UnknownJob)?;
    if let Some(known) = store::signal::name_of(tx, job, signal_id).await? {
        return if known == name { Ok(Heard::Before) } else { Err(Error::SignalReused) };
    }
    if run.state.has_ended() {
        return Err(Error::WrongState(run.state));
    }
    store::signal::insert_signal(tx, job, name, signal_id, &payload).await?;
    store::signal::wake_waiting(tx, job, name).await?;
    tx.wake_worker();
    Ok(Heard::New)
}
