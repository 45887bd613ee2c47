//! The workflow `pass_on_logout`: sessions end on the platform, and each app is told by a run of its own tenant.

use std::sync::Arc;

use async_trait::async_trait;
use jobs::{Attempt, Step, StepError, Workflow};
use kernel::Cx;
use pg::TenantTx;
use serde_json::{Value, json};

use super::tell_logout::{LogoutRun, refused};
use crate::{App, Error, ops};

/// The name of the workflow.
const NAME: &str = "pass_on_logout";

const VERSION: u32 = 1;

/// Begins the run in a transaction of the platform, once for a session and an app.
pub(crate) async fn pass_on(tx: &mut TenantTx, cx: &Cx, run: &LogoutRun) -> Result<(), Error> {
    jobs::start(tx, cx, NAME, VERSION, &run.key(), run).await?;
    Ok(())
}

/// The workflow over the app.
#[derive(Debug)]
pub(crate) struct PassOnLogout(App);

impl PassOnLogout {
    pub(crate) const fn new(app: App) -> Self {
        Self(app)
    }
}

#[async_trait]
impl Workflow for PassOnLogout {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        vec![Arc::new(PassOn(self.0.clone()))]
    }
}

/// Begins the telling where it belongs; beginning it again changes nothing.
#[derive(Debug)]
struct PassOn(App);

#[async_trait]
impl Step for PassOn {
    fn name(&self) -> &'static str {
        "pass_on"
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        let run: LogoutRun = at.read_input()?;
        ops::pass_on_logout(&self.0, &at.cx, &run, &at.key).await.map_err(refused)?;
        Ok(json!({}))
    }
}
