//! Beginning a run in the transaction of the change that asks for it.

use kernel::{Clock, Cx, JobId, Timestamp};
use pg::TenantTx;
use serde::Serialize;
use serde_json::Value;

use crate::{
    Error, Priority, Result,
    store::start::{self, Found, NewRun},
    trace::traceparent_of,
};

/// How often a start is tried that met a run which ended in the same moment.
const TRIES: u32 = 5;

/// What a start found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// The run is new.
    New(JobId),
    /// The same key with the same input began it before, or it holds the same singleton key.
    Existing(JobId),
}

impl Started {
    /// The run, new or not.
    #[must_use]
    pub const fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Existing(id) => id,
        }
    }
}

/// What a start does where another run of its singleton key has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileTaken {
    /// It answers the other run; its own input and key are not kept.
    Join,
    /// It is refused with [`Error::SingletonTaken`].
    Refuse,
}

/// A run to begin: which workflow, under which key, and when.
///
/// ```no_run
/// # async fn sample(tx: &mut pg::TenantTx, cx: &kernel::Cx) -> jobs::Result<()> {
/// use jobs::{Priority, Start, WhileTaken};
/// Start::new("send_report", 1, "2026-11")
///     .priority(Priority::Low)
///     .singleton("reports", WhileTaken::Join)
///     .begin(tx, cx, &serde_json::json!({"month": "2026-11"}))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Start<'a> {
    workflow: &'a str,
    version: u32,
    key: &'a str,
    priority: Priority,
    due_at: Option<Timestamp>,
    singleton: Option<(&'a str, WhileTaken)>,
}

impl<'a> Start<'a> {
    /// A run of `workflow` at `version`, once per tenant, workflow and `key` (1 to 255 characters).
    pub const fn new(workflow: &'a str, version: u32, key: &'a str) -> Self {
        Self { workflow, version, key, priority: Priority::Normal, due_at: None, singleton: None }
    }

    /// Gives it another place among its tenant's runs.
    pub const fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Lets it wait until then, by the workers' clock. Its place is that of a run started at that time.
    pub const fn due_at(self, due_at: Timestamp) -> Self {
        Self { due_at: Some(due_at), ..self }
    }

    /// Allows one unfinished run per tenant, workflow and `key` (1 to 255 characters). A run that is stuck counts as
    /// finished; trying it again is refused while another holds the key.
    pub const fn singleton(self, key: &'a str, taken: WhileTaken) -> Self {
        Self { singleton: Some((key, taken)), ..self }
    }

    /// Begins it.
    ///
    /// `input` is kept in clear for as long as the run: it may name a secret, never hold one.
    /// The run becomes visible and ready with the caller's commit. Its plan (step names and policies) is written when
    /// the first worker that knows this version takes it.
    ///
    /// # Errors
    /// [`Error::KeyReused`] where the key began a run with another input; [`Error::SingletonTaken`] where the caller
    /// wants that; the database's failures.
    pub async fn begin(
        self,
        tx: &mut TenantTx,
        cx: &Cx,
        input: &impl Serialize,
    ) -> Result<Started> {
        let input = serde_json::to_value(input).map_err(Error::Input)?;
        let run = self.row(cx, &input);
        for _ in 0..TRIES {
            match start::insert_run(tx, cx, &run).await? {
                Found::Nothing => {
                    tx.wake_worker();
                    return Ok(Started::New(run.id));
                }
                Found::Key => match start::known_run(tx, run.workflow, run.key, &input).await? {
                    Some((id, true)) => return Ok(Started::Existing(id)),
                    Some((_, false)) => return Err(Error::KeyReused),
                    None => {}
                },
                Found::Singleton => {
                    let (key, taken) = self.singleton.unwrap_or(("", WhileTaken::Refuse));
                    match (start::holder(tx, run.workflow, key).await?, taken) {
                        (Some(id), WhileTaken::Join) => return Ok(Started::Existing(id)),
                        (Some(id), WhileTaken::Refuse) => return Err(Error::SingletonTaken(id)),
                        (None, _) => {}
                    }
                }
            }
        }
        Err(Error::Busy)
    }

    fn row<'r>(&'r self, cx: &Cx, input: &'r Value) -> NewRun<'r> {
        NewRun {
            // The machine's clock, since the id only has to be unique and roughly in order.
            id: Clock::system().new_id(),
            workflow: self.workflow,
            version: self.version,
            key: self.key,
            input,
            priority: self.priority,
            due_at: self.due_at,
            singleton: self.singleton.map(|(key, _)| key),
            traceparent: cx
                .traceparent
                .clone()
                .or_else(|| traceparent_of(&tracing::Span::current())),
        }
    }
}

/// Begins a run as [`Start`] does, without any of its options.
///
/// # Errors
/// Those of [`Start::begin`].
pub async fn start(
    tx: &mut TenantTx,
    cx: &Cx,
    workflow: &str,
    version: u32,
    key: &str,
    input: &impl Serialize,
) -> Result<Started> {
    Start::new(workflow, version, key).begin(tx, cx, input).await
}
