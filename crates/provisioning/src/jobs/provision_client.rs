//! The workflows `provision_client` and `register_workspace`: steps against the legacy backend, and what their end
//! means to the client.

use std::sync::Arc;

use async_trait::async_trait;
use jobs::{Attempt, Class, Moved, Step, StepError, StepFailure, Workflow};
use kernel::ClientId;
use pg::TenantTx;
use serde::{Deserialize, Serialize};

use super::step::{LegacyStep, Task, refused};
use crate::{
    App,
    domain::{Cause, TroubleKind},
    ops,
};

/// The workflow of a client that has its token.
pub(crate) const PROVISION: &str = "provision_client";

/// The workflow of a client that waits for its token.
pub(crate) const REGISTER: &str = "register_workspace";

/// The version of both.
pub(crate) const VERSION: u32 = 1;

/// What a run is started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) client_id: ClientId,
    /// The client's run that this is, from 1.
    #[serde(default = "first")]
    pub(crate) run: i32,
}

/// A run of before runs were counted.
const fn first() -> i32 {
    1
}

/// A workflow over the app.
#[derive(Debug)]
pub(crate) struct ProvisionClient {
    app: App,
    name: &'static str,
    tasks: &'static [Task],
}

impl ProvisionClient {
    /// All steps.
    pub(crate) const fn whole(app: App) -> Self {
        Self { app, name: PROVISION, tasks: Task::ALL }
    }

    /// Only what needs no token.
    pub(crate) const fn without_token(app: App) -> Self {
        Self { app, name: REGISTER, tasks: &[Task::RegisterWorkspace] }
    }

    async fn fail(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        failure: &StepFailure,
        kind: TroubleKind,
    ) -> Result<(), StepError> {
        let run = at.read_input::<Input>()?;
        let cause = Cause { reason: failure.reason.clone(), message: failure.operator.clone() };
        let failed = ops::fail_client(tx, &at.cx, &run, kind, cause, self.app.clock.now());
        if failed.await.map_err(refused)? == ops::Standing::Overtaken {
            return Ok(());
        }
        let reason = failure.reason.clone();
        tx.after_commit(move || {
            metrics::counter!("usher_onboarding_provision_failed_total", "reason" => reason)
                .increment(1);
        });
        let (id, class) = (run.client_id, failure.class);
        if class == Class::Cancelled {
            tracing::info!(client.id = %id, step = failure.step, "onboarding was cancelled");
        } else {
            tracing::warn!(client.id = %id, step = failure.step, reason = failure.reason, "onboarding failed");
        }
        Ok(())
    }
}

#[async_trait]
impl Workflow for ProvisionClient {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        let step =
            |task: &Task| -> Arc<dyn Step> { Arc::new(LegacyStep::new(self.app.clone(), *task)) };
        self.tasks.iter().map(step).collect()
    }

    async fn moved(&self, tx: &mut TenantTx, at: &Attempt, moved: &Moved) -> Result<(), StepError> {
        ops::tell_moved(tx, at, moved).await.map_err(refused)
    }

    /// A run that was overtaken in its last moment makes room for the next.
    async fn finished(&self, tx: &mut TenantTx, at: &Attempt) -> Result<(), StepError> {
        let run = at.read_input::<Input>()?;
        let ended = ops::end_run(tx, &at.cx, &run, self.app.clock.now()).await;
        ended.map(drop).map_err(refused)
    }

    async fn failed(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        failure: &StepFailure,
    ) -> Result<(), StepError> {
        self.fail(tx, at, failure, TroubleKind::Failed).await
    }

    async fn stuck(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        failure: &StepFailure,
    ) -> Result<(), StepError> {
        self.fail(tx, at, failure, TroubleKind::Stuck).await
    }
}
