//! A step of `provision_client`: one call to the legacy backend, and the stage it leads to.

use std::time::Duration;

use async_trait::async_trait;
use jobs::{Attempt, Policy, Skipped, Step, StepError, Undone};
use kernel::{Code, Cx, Failure, Timestamp};
use pg::TenantTx;
use serde_json::{Value, json};
use tracing::Instrument;

use super::{Input, outside::failed};
use crate::{
    App, Error,
    domain::{Client, Milestone, Stage, WbToken},
    ops::{self, Workspace},
};

kernel::closed_set! {
    /// The steps, in order.
    pub(crate) enum Task {
        /// Tell the backend of the spreadsheet and its owner.
        RegisterWorkspace = "register_workspace",
        /// Give it the marketplace token.
        AddToken = "add_token",
        /// See that it gives the token out for the spreadsheet.
        VerifyToken = "verify_token",
        /// See that the workspace works.
        SmokeUpdate = "smoke_update",
    }
}

impl Task {
    /// Where the client stands once the step is done.
    pub(crate) const fn stage(self) -> Stage {
        match self {
            Self::RegisterWorkspace => Stage::WorkspaceRegistered,
            Self::AddToken => Stage::TokenAdded,
            Self::VerifyToken => Stage::Validated,
            Self::SmokeUpdate => Stage::Active,
        }
    }
}

/// A step over the app.
#[derive(Debug)]
pub(super) struct LegacyStep {
    app: App,
    task: Task,
}

impl LegacyStep {
    pub(super) const fn new(app: App, task: Task) -> Self {
        Self { app, task }
    }

    async fn call(&self, at: &Attempt, workspace: &Workspace) -> Result<(), StepError> {
        let legacy = self.app.legacy.on_behalf_of(at.tenant);
        let (repeat, id) = (at.idempotency_key.as_str(), &workspace.spreadsheet_id);
        let called = match self.task {
            Task::RegisterWorkspace => {
                legacy.register(repeat, id.as_str(), workspace.owner.as_str()).await
            }
            Task::AddToken => {
                let token = self.token(workspace)?;
                legacy.add_token(repeat, id.as_str(), token.secret(), token.sid()).await.map(drop)
            }
            Task::VerifyToken => {
                legacy.verify_token(repeat, id.as_str(), self.token(workspace)?.sid()).await
            }
            Task::SmokeUpdate => legacy.update(repeat, id.as_str()).await,
        };
        called.map_err(failed)
    }

    /// The client moves on, whoever did the step.
    async fn keep(&self, tx: &mut TenantTx, cx: &Cx, run: &Input) -> Result<(), StepError> {
        let now = self.app.clock.now();
        let stage = self.task.stage();
        let updated = (self.task == Task::SmokeUpdate).then_some(Milestone::Updated);
        // The client first: everybody locks in this order.
        let moved = ops::advance_client(tx, cx, run, stage, now).await.map_err(refused)?;
        ops::note_milestone(tx, run.client_id, updated, now).await.map_err(refused)?;
        if let Some(client) = moved.filter(|client| client.stage == Stage::Active) {
            tx.after_commit(move || count_active(&client, now));
        }
        Ok(())
    }

    /// The token, unless it died since it was given.
    fn token<'a>(&self, workspace: &'a Workspace) -> Result<&'a WbToken, StepError> {
        let token = workspace.token.as_ref().ok_or_else(|| {
            StepError::system("token_unreadable", "The stored marketplace token is no JWT.")
                .without_effect()
        })?;
        if token.is_alive(self.app.clock.now()) {
            return Ok(token);
        }
        Err(StepError::config(
            "wb_token_expired",
            "The marketplace token has expired; give a new one and try again.",
            "The marketplace token has expired; onboard the client again with a new one, then retry.",
        ))
    }
}

#[async_trait]
impl Step for LegacyStep {
    fn name(&self) -> &'static str {
        self.task.as_str()
    }

    fn policy(&self) -> Policy {
        // The call has its own, shorter limit; this one also covers reading the token.
        let timeout = self.app.legacy.timeout() + Duration::from_secs(5);
        Policy { timeout, ..self.app.policy }
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        let id = at.read_input::<Input>()?.client_id;
        let span = tracing::info_span!("provisioning.provision_client", client.id = %id);
        async {
            let workspace = ops::open_workspace(&self.app, &at.cx, id).await.map_err(refused)?;
            self.call(at, &workspace).await?;
            Ok(json!({}))
        }
        .instrument(span)
        .await
    }

    async fn record(&self, tx: &mut TenantTx, at: &Attempt, _: &Value) -> Result<(), StepError> {
        self.keep(tx, &at.cx, &at.read_input()?).await
    }

    async fn skipped(&self, tx: &mut TenantTx, skipped: &Skipped<'_>) -> Result<(), StepError> {
        self.keep(tx, skipped.cx, &skipped.read_input()?).await
    }

    /// The legacy API takes nothing back: it has no call to unregister a spreadsheet or to drop a token, and both are
    /// upserts. Another try adds the token again all the same, since it may be another one by then.
    async fn undo(&self, _: &Attempt) -> Result<Undone, StepError> {
        Ok(match self.task {
            Task::RegisterWorkspace => Undone::Kept,
            Task::AddToken | Task::VerifyToken | Task::SmokeUpdate => Undone::Reverted,
        })
    }

    async fn retrying(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        _: &StepError,
        _: Timestamp,
    ) -> Result<(), StepError> {
        let id = at.read_input::<Input>()?.client_id;
        ops::count_attempt(tx, id).await.map_err(refused)
    }
}

fn count_active(client: &Client, now: Timestamp) {
    metrics::counter!("usher_onboarding_provision_success_total").increment(1);
    metrics::histogram!("usher_onboarding_time_to_active_seconds")
        .record(now.since(client.created_at).as_secs_f64());
}

/// A failure of ours within a step; nothing was sent yet, or the sending is recorded apart.
pub(super) fn refused(error: Error) -> StepError {
    match error {
        Error::Database(failure) | Error::Vault(vault::Error::Database(failure)) => failure.into(),
        Error::Vault(vault::Error::Shredded) => StepError::config(
            "wb_token_destroyed",
            "The marketplace token was destroyed; give it again.",
            "The tenant's data key was destroyed, and the marketplace token with it.",
        ),
        other if other.code() == Code::NotFound => {
            StepError::config(other.reason(), other.to_string(), other.to_string())
        }
        other => StepError::system(other.reason(), other.to_string()).without_effect(),
    }
}
