//! Runs that begin again and again: cron in a time zone, once for each of its times however many workers there are.
//!
//! The worker that meets a schedule's next time begins the run and moves the schedule on in one transaction; the run's
//! key is made of the schedule's name and that time. Changes to schedules are the caller's to allow and to audit.

mod plan;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::civil::Date;
use kernel::{JobId, Timestamp};
use pg::TenantTx;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use plan::{Plan, Unreadable};

use crate::{Error, Priority, Result, store};

/// A time counts as missed when it is met later than this.
const GRACE: Duration = Duration::from_secs(60);

kernel::closed_set! {
    /// Which of the times are made up for that nobody met: every worker was away, or the schedule was behind.
    pub enum Missed {
        /// None: the next time is the next.
        Skip = "skip",
        /// The last one.
        Once = "once",
        /// The last ones, oldest first, up to [`Spec::missed_most`].
        All = "all",
    }
}

kernel::closed_set! {
    /// What happens at a time at which the run of an earlier one has not ended.
    pub enum Overlap {
        /// The time is left out.
        Skip = "skip",
        /// Both run.
        Allow = "allow",
    }
}

kernel::closed_set! {
    /// Whether a schedule begins runs.
    pub enum ScheduleState {
        /// It does.
        Enabled = "enabled",
        /// It does not, until somebody enables it; times in between are not made up for.
        Disabled = "disabled",
    }
}

/// What a schedule is to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Its name among the tenant's, 1 to 100 characters.
    pub name: String,
    /// The workflow to run.
    pub workflow: String,
    /// The workflow's version.
    pub version: u32,
    /// What each run is given, within its [`Tick`]; in clear.
    pub input: Value,
    /// See [`Plan`].
    pub cron: String,
    /// An IANA zone.
    pub zone: String,
    /// Minutes after midnight at which a day begins.
    pub day_border: u16,
    /// Which missed times are made up for.
    pub missed: Missed,
    /// How many of them at most, 1 to 100.
    pub missed_most: u16,
    /// What happens while the last run goes on. With [`Missed::All`] and [`Overlap::Skip`] one missed time is made up for.
    pub overlap: Overlap,
    /// The place of its runs among the tenant's.
    pub priority: Priority,
}

impl Spec {
    /// A schedule in UTC with days that begin at midnight, that skips what it missed and never overlaps.
    pub fn new(name: &str, workflow: &str, version: u32, cron: &str, input: Value) -> Self {
        Self {
            name: name.into(),
            workflow: workflow.into(),
            version,
            input,
            cron: cron.into(),
            zone: "UTC".into(),
            day_border: 0,
            missed: Missed::Skip,
            missed_most: 1,
            overlap: Overlap::Skip,
            priority: Priority::Normal,
        }
    }

    /// Its times.
    ///
    /// # Errors
    /// [`Unreadable`] names the part at fault.
    pub fn plan(&self) -> Result<Plan, Unreadable> {
        Plan::parse(&self.cron, &self.zone, self.day_border)
    }

    /// The times to begin a run for at `now`, where `next` was the next one, oldest first.
    pub(crate) fn due(&self, plan: &Plan, next: Timestamp, now: Timestamp) -> Vec<Timestamp> {
        match self.missed {
            Missed::Skip => {
                let mut times = plan.last_times(next, now, 1);
                times.retain(|at| now.since(*at) <= GRACE);
                times
            }
            Missed::Once => plan.last_times(next, now, 1),
            Missed::All => plan.last_times(next, now, usize::from(self.missed_most)),
        }
    }
}

/// A schedule as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// What it is to do.
    pub spec: Spec,
    /// Whether it begins runs.
    pub state: ScheduleState,
    /// The next time, by the workers' clock.
    pub next_at: Option<Timestamp>,
    /// The last time for which a run began.
    pub last_at: Option<Timestamp>,
    /// That run.
    pub last_job_id: Option<JobId>,
}

/// The input of a run that a schedule began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tick<T = Value> {
    /// The schedule's name.
    pub schedule: String,
    /// The time it was due, however late it began.
    pub at: Timestamp,
    /// The day that time belongs to, by the schedule's zone and day border.
    pub day: Date,
    /// The schedule's own input.
    pub input: T,
}

/// Makes a schedule or changes the one of that name, and answers its next time after `now`. One that was disabled stays
/// so.
///
/// # Errors
/// [`Error::Schedule`] for a plan that cannot be read or has no time; the database's.
pub async fn put(tx: &mut TenantTx, spec: &Spec, now: Timestamp) -> Result<Timestamp> {
    let next = spec.plan()?.next_after(now).ok_or(Unreadable::Never)?;
    store::schedule::upsert(tx, spec, next).await?;
    tx.wake_worker();
    Ok(next)
}

/// Enables or disables a schedule. Enabled anew, it goes on with its next time after `now`.
///
/// # Errors
/// [`Error::UnknownSchedule`]; [`Error::Schedule`] where this build cannot read its plan; the database's.
pub async fn set_state(
    tx: &mut TenantTx,
    name: &str,
    state: ScheduleState,
    now: Timestamp,
) -> Result<()> {
    let schedule = store::schedule::lock(tx, name).await?.ok_or(Error::UnknownSchedule)?;
    if schedule.state == state {
        return Ok(());
    }
    let next = schedule.spec.plan()?.next_after(now);
    store::schedule::set_state(tx, name, state, next).await?;
    Ok(())
}

/// Removes a schedule; the runs it began go on.
///
/// # Errors
/// [`Error::UnknownSchedule`]; the database's.
pub async fn remove(tx: &mut TenantTx, name: &str) -> Result<()> {
    if store::schedule::delete(tx, name).await? { Ok(()) } else { Err(Error::UnknownSchedule) }
}

/// One of the tenant's schedules.
///
/// # Errors
/// The database's.
pub async fn find(tx: &mut TenantTx, name: &str) -> pg::Result<Option<Schedule>> {
    store::schedule::find(tx, name).await
}

/// The tenant's schedules by name.
///
/// # Errors
/// The database's.
pub async fn list(tx: &mut TenantTx) -> pg::Result<Vec<Schedule>> {
    store::schedule::list(tx).await
}
