//! Sends one message, as often as it takes.

use std::{sync::Arc, time::Duration};

use ::jobs::{Attempt, Policy, Step, StepError, StepFailure, Workflow};
use async_trait::async_trait;
use kernel::{Failure, Timestamp};
use pg::TenantTx;
use serde_json::Value;

use crate::{
    App, Error,
    mailer::SendError,
    ops::{self, SendMessage, Unsent},
};

/// The workflow's name.
pub(crate) const SEND_MESSAGE: &str = "send_message";
/// The workflow's version.
pub(crate) const VERSION: u32 = 1;

/// What the services say of a link that somebody has used.
const USED: [&str; 3] = ["invitation_used", "email_change_done", "letter_used"];

/// One step: a letter is sent or it is not.
pub(super) struct SendMessages(pub(super) App);

struct Send(App);

#[async_trait]
impl Workflow for SendMessages {
    fn name(&self) -> &'static str {
        SEND_MESSAGE
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        vec![Arc::new(Send(self.0.clone()))]
    }

    async fn failed(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        failure: &StepFailure,
    ) -> Result<(), StepError> {
        let work: SendMessage = at.read_input()?;
        ops::give_up_message(tx, &at.cx, work.message_id, &failure.reason).await.map_err(unsettled)
    }
}

#[async_trait]
impl Step for Send {
    fn name(&self) -> &'static str {
        "send"
    }

    /// A mail server may be away for an hour; an attempt is a handful of answers of 10 s at most.
    fn policy(&self) -> Policy {
        Policy {
            attempts: 25,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(600),
            timeout: Duration::from_secs(45),
        }
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        let work: SendMessage = at.read_input()?;
        match ops::send_message(&self.0, &at.cx, at.tenant, &work).await {
            Ok(()) => Ok(Value::Null),
            // An earlier attempt's answer was lost, and the link has been used since: the letter did arrive.
            Err(Unsent::Gone(reason)) if at.number > 1 && USED.contains(&reason.as_str()) => {
                Ok(Value::Null)
            }
            Err(problem) => Err(unsent(problem)),
        }
    }

    async fn record(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        _output: &Value,
    ) -> Result<(), StepError> {
        let work: SendMessage = at.read_input()?;
        let settled = ops::settle_message(tx, &at.cx, &self.0.clock, work.message_id, at.number);
        settled.await.map_err(unsettled)
    }

    async fn retrying(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        error: &StepError,
        _next_at: Timestamp,
    ) -> Result<(), StepError> {
        let work: SendMessage = at.read_input()?;
        let postponed = ops::postpone_message(tx, work.message_id, at.number, &error.reason);
        postponed.await.map_err(unsettled)
    }
}

/// Whether another attempt helps, and what two readers are told.
fn unsent(problem: Unsent) -> StepError {
    let operator = problem.to_string();
    match problem {
        Unsent::Superseded => {
            StepError::config("superseded", "A later letter was sent instead.", operator)
        }
        Unsent::Gone(reason) => {
            StepError::config(reason, "What the letter is about is no longer open.", operator)
        }
        Unsent::Peer { refusal, .. } if refusal.code.retry_helps() => {
            let user = "The service is temporarily unavailable.";
            let after = refusal.retry_after;
            StepError::transient(refusal.reason, user, operator).without_effect().retry_after(after)
        }
        Unsent::Peer { refusal, .. } => {
            StepError::system(refusal.reason, operator).without_effect()
        }
        Unsent::Fault(_) => StepError::system("letter_fault", operator).without_effect(),
        Unsent::Mail(SendError::Refused(_)) => {
            StepError::config("mail_refused", "The mail server refused this letter.", operator)
        }
        Unsent::Mail(SendError::NoRecipient { reason, .. }) => {
            StepError::config(reason.as_str(), "The mail server refused the recipient.", operator)
        }
        Unsent::Mail(SendError::SignIn(_)) => {
            let user = "The mail server does not let us send; the platform's operator must look.";
            StepError::config("mail_sign_in_refused", user, operator)
        }
        Unsent::Mail(SendError::PutOff(_)) => {
            let user = "The mail server asked to try again later.";
            StepError::transient("mail_put_off", user, operator).without_effect()
        }
        Unsent::Mail(SendError::Unreachable(_)) => {
            StepError::transient("mail_unreachable", "The mail server did not answer.", operator)
        }
        Unsent::Database(problem) => StepError::from(problem).without_effect(),
    }
}

fn unsettled(problem: Error) -> StepError {
    match problem {
        Error::Database(problem) => problem.into(),
        other => StepError::system(other.reason(), other.to_string()),
    }
}
