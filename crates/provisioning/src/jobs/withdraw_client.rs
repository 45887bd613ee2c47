//! The workflow `withdraw_client`: takes back what a revoked client leaves behind, as far as that is possible.

use std::sync::Arc;

use async_trait::async_trait;
use jobs::{Attempt, Moved, Policy, Skipped, Step, StepError, Workflow};
use kernel::{ClientId, InviteId};
use pg::TenantTx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::step::refused;
use crate::{App, Error, ops};

/// The name of the workflow.
pub(crate) const WITHDRAW: &str = "withdraw_client";

/// What a run is started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Withdrawal {
    pub(crate) client_id: ClientId,
    pub(crate) invite_id: Option<InviteId>,
}

/// The workflow over the app. The legacy backend has no part in it: it knows no call that takes a spreadsheet or a
/// token back.
#[derive(Debug)]
pub(crate) struct WithdrawClient(App);

impl WithdrawClient {
    pub(crate) const fn new(app: App) -> Self {
        Self(app)
    }
}

#[async_trait]
impl Workflow for WithdrawClient {
    fn name(&self) -> &'static str {
        WITHDRAW
    }

    fn version(&self) -> u32 {
        1
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        vec![Arc::new(ForgetToken(self.0.clone())), Arc::new(RevokeInvite(self.0.clone()))]
    }

    async fn moved(&self, tx: &mut TenantTx, at: &Attempt, moved: &Moved) -> Result<(), StepError> {
        ops::tell_moved(tx, at, moved).await.map_err(refused)
    }
}

/// Destroys the token that is sealed here. First, since it needs nobody else.
#[derive(Debug)]
struct ForgetToken(App);

#[async_trait]
impl Step for ForgetToken {
    fn name(&self) -> &'static str {
        "forget_token"
    }

    async fn run(&self, _: &Attempt) -> Result<Value, StepError> {
        Ok(json!({}))
    }

    async fn record(&self, tx: &mut TenantTx, at: &Attempt, _: &Value) -> Result<(), StepError> {
        let id = at.read_input::<Withdrawal>()?.client_id;
        ops::forget_token(tx, &at.cx, id, self.0.clock.now()).await.map_err(refused)
    }

    async fn skipped(&self, tx: &mut TenantTx, skipped: &Skipped<'_>) -> Result<(), StepError> {
        let id = skipped.read_input::<Withdrawal>()?.client_id;
        ops::forget_token(tx, skipped.cx, id, self.0.clock.now()).await.map_err(refused)
    }
}

/// Has the invitation's link stop working.
#[derive(Debug)]
struct RevokeInvite(App);

#[async_trait]
impl Step for RevokeInvite {
    fn name(&self) -> &'static str {
        "revoke_invite"
    }

    fn policy(&self) -> Policy {
        self.0.policy
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        let Some(id) = at.read_input::<Withdrawal>()?.invite_id else {
            return Ok(json!({}));
        };
        match ops::revoke_invite(&self.0, &at.cx, id).await {
            Ok(()) => Ok(json!({})),
            Err(Error::PeerRefused(refusal)) => Err(StepError::transient(
                "user_refused",
                "The invitation could not be taken back yet; it is tried again.",
                format!("The user service did not revoke the invitation: {}", refusal.message),
            )),
            Err(other) => Err(refused(other)),
        }
    }
}
