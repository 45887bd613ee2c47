//! Where a run stands, for people and for tests.

use kernel::{JobId, Page, PageSize, Timestamp};
use pg::TenantTx;

use crate::{HeldFor, JobState, StepFailure, StepState, store};

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// The run.
    pub id: JobId,
    /// The workflow's name.
    pub workflow: String,
    /// The key it was started with.
    pub key: String,
    /// Where it stands.
    pub state: JobState,
    /// Why it turned back, once it has.
    pub failure: Option<StepFailure>,
    /// Its steps in order; none until the first worker takes the run.
    pub steps: Vec<StepStatus>,
    /// When it was started, by the database's clock.
    pub created_at: Timestamp,
    /// When it ended, by the worker's clock.
    pub ended_at: Option<Timestamp>,
    /// Who asked it to stop; it may not have stopped yet.
    pub cancelled_by: Option<String>,
    /// Who paused it, while it is paused.
    pub paused_by: Option<String>,
    /// Why no living worker can go on with it.
    pub held: Option<HeldFor>,
    /// The run that started it and waits for its end.
    pub parent: Option<JobId>,
}

impl JobStatus {
    /// The step that is under way, waiting, failed or stuck: where to look first.
    #[must_use]
    pub fn current(&self) -> Option<&StepStatus> {
        self.steps.iter().find(|step| {
            !matches!(step.state, StepState::Done | StepState::Skipped | StepState::Undone)
        })
    }
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepStatus {
    /// The step's name.
    pub name: String,
    /// Where it stands.
    pub state: StepState,
    /// Attempts begun since the start, or since a person asked for another try.
    pub attempts: u32,
    /// When the next attempt is due, while it waits.
    pub next_attempt_at: Option<Timestamp>,
    /// When its first attempt began.
    pub started_at: Option<Timestamp>,
    /// When it was done, failed, undone or stuck.
    pub ended_at: Option<Timestamp>,
    /// The stable word of its last failure, until it is done; why it was skipped.
    pub reason: Option<String>,
    /// The last failure in words for a tenant.
    pub message: Option<String>,
    /// The last failure in words for an operator.
    pub detail: Option<String>,
    /// How far its attempt is, if it tells.
    pub progress: Option<Progress>,
    /// What it waits for outside: `time`, `signal <name>` or `job <id>`.
    pub waits_for: Option<String>,
}

/// How far an attempt is, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// From 0 to 100.
    pub percent: u8,
    /// What it is at.
    pub message: String,
    /// When that was written, by the database's clock.
    pub at: Timestamp,
}

/// Where a run stands; `None` where the tenant has no such run.
///
/// # Errors
/// The database's.
pub async fn status(tx: &mut TenantTx, id: JobId) -> pg::Result<Option<JobStatus>> {
    store::status::run(tx, id).await
}

/// Where the run of a key stands.
///
/// # Errors
/// The database's.
pub async fn by_key(tx: &mut TenantTx, workflow: &str, key: &str) -> pg::Result<Option<JobStatus>> {
    store::status::by_key(tx, workflow, key).await
}

/// One page of the tenant's runs, the newest first; the page's `next` is the `before` of the one that follows.
///
/// # Errors
/// The database's.
pub async fn list(
    tx: &mut TenantTx,
    state: Option<JobState>,
    before: Option<JobId>,
    size: PageSize,
) -> pg::Result<Page<JobStatus>> {
    let rows = store::status::list(tx, state, before, size.fetch()).await?;
    Ok(Page::cut(rows, size, |run| run.id.to_string()))
}
