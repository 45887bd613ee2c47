//! The workflow `export_person`: asks each service what it keeps of a person.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jobs::{Attempt, Policy, Step, StepError, StepFailure, Workflow};
use kernel::Cx;
use pg::TenantTx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::refused::refused;
use crate::{
    App, Error,
    domain::{Export, ExportSource},
    ops,
};

/// The name of the workflow.
const NAME: &str = "export_person";

const VERSION: u32 = 1;

/// What a run is started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportRun {
    export_id: Uuid,
}

impl ExportRun {
    pub(crate) const fn of(export: &Export) -> Self {
        Self { export_id: export.export_id }
    }

    /// Begins the run, once. It belongs to the platform, as people do.
    pub(crate) async fn begin(&self, tx: &mut TenantTx, cx: &Cx) -> Result<(), Error> {
        jobs::start(tx, cx, NAME, VERSION, &self.export_id.to_string(), self).await?;
        Ok(())
    }
}

/// The workflow over the app.
#[derive(Debug)]
pub(crate) struct ExportPerson(App);

impl ExportPerson {
    pub(crate) const fn new(app: App) -> Self {
        Self(app)
    }
}

#[async_trait]
impl Workflow for ExportPerson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        let gather = |&source| Arc::new(Gather(self.0.clone(), source)) as Arc<dyn Step>;
        ExportSource::ALL.iter().map(gather).collect()
    }

    async fn finished(&self, tx: &mut TenantTx, at: &Attempt) -> Result<(), StepError> {
        let run: ExportRun = at.read_input()?;
        let now = self.0.clock.now();
        ops::finish_export(tx, &at.cx, run.export_id, now).await.map_err(refused)
    }

    async fn failed(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        failure: &StepFailure,
    ) -> Result<(), StepError> {
        let run: ExportRun = at.read_input()?;
        let (now, problem) = (self.0.clock.now(), &failure.reason);
        ops::fail_export(tx, &at.cx, run.export_id, problem, now).await.map_err(refused)
    }
}

/// Gathers what one service keeps. Its output says nothing: what was gathered is kept sealed, elsewhere.
#[derive(Debug)]
struct Gather(App, ExportSource);

#[async_trait]
impl Step for Gather {
    fn name(&self) -> &'static str {
        match self.1 {
            ExportSource::User => "gather_person",
            ExportSource::Auth => "gather_sign_in",
            ExportSource::Notifier => "gather_letters",
            ExportSource::Provisioning => "gather_clients",
        }
    }

    /// A service may be away for an hour.
    fn policy(&self) -> Policy {
        Policy {
            attempts: 75,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(60),
            timeout: Duration::from_secs(30),
        }
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        let run: ExportRun = at.read_input()?;
        ops::gather_export(&self.0, &at.cx, run.export_id, self.1).await.map_err(refused)?;
        Ok(json!({}))
    }
}
