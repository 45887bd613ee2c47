//! The workflow `invite_batch`: works on the rows of a list, a slice of them a run.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jobs::{Attempt, Policy, Priority, Start, Step, StepError, StepFailure, Workflow};
use kernel::Cx;
use pg::TenantTx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::refused::refused;
use crate::{App, Error, ops};

/// The name of the workflow.
const NAME: &str = "invite_batch";

const VERSION: u32 = 1;

/// What a run is started with. The runs of a list follow each other, so that tenants take turns and no attempt is long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BatchRun {
    pub(crate) batch_id: Uuid,
    /// Counts the runs of the list from 1.
    slice: u32,
}

impl BatchRun {
    /// The first run of a list.
    pub(crate) const fn first(batch_id: Uuid) -> Self {
        Self { batch_id, slice: 1 }
    }

    /// The run after this one.
    pub(crate) const fn next(&self) -> Self {
        Self { batch_id: self.batch_id, slice: self.slice + 1 }
    }

    /// Begins the run, once.
    pub(crate) async fn begin(&self, tx: &mut TenantTx, cx: &Cx) -> Result<(), Error> {
        let key = format!("{}/{}", self.batch_id, self.slice);
        Start::new(NAME, VERSION, &key).priority(Priority::Low).begin(tx, cx, self).await?;
        Ok(())
    }
}

/// The workflow over the app.
#[derive(Debug)]
pub(crate) struct InviteBatch(App);

impl InviteBatch {
    pub(crate) const fn new(app: App) -> Self {
        Self(app)
    }
}

#[async_trait]
impl Workflow for InviteBatch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        vec![Arc::new(InviteRows(self.0.clone()))]
    }

    async fn finished(&self, tx: &mut TenantTx, at: &Attempt) -> Result<(), StepError> {
        let now = self.0.clock.now();
        ops::settle_batch(tx, &at.cx, &at.read_input()?, now).await.map_err(refused)
    }

    async fn failed(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        _: &StepFailure,
    ) -> Result<(), StepError> {
        let now = self.0.clock.now();
        ops::give_up_batch(tx, &at.cx, &at.read_input()?, now).await.map_err(refused)
    }
}

/// Invites the people of the next rows. An attempt that dies leaves whole rows behind it, and the next goes on after
/// them.
#[derive(Debug)]
struct InviteRows(App);

#[async_trait]
impl Step for InviteRows {
    fn name(&self) -> &'static str {
        "invite_rows"
    }

    /// A database may be away for an hour; a slice takes seconds.
    fn policy(&self) -> Policy {
        Policy {
            attempts: 75,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(60),
            timeout: Duration::from_secs(120),
        }
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        let run: BatchRun = at.read_input()?;
        ops::invite_rows(&self.0, &at.cx, at.tenant, run.batch_id).await.map_err(refused)?;
        Ok(json!({}))
    }
}
