//! The workflow `tell_logout`: tells an app that a session has ended (OpenID Back-Channel Logout 1.0, section 2.5).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jobs::{Attempt, Policy, Step, StepError, Workflow};
use kernel::{Code, Cx, Failure, SessionId, TenantId, UserId};
use outbound::{Call, Class, Effect, Fault, Kind, Method, Outbound, Url, header::HeaderValue};
use pg::TenantTx;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    App, Error,
    domain::ClientName,
    ops::{self, SignedLogout},
    store::SessionApp,
};

/// The name of the workflow.
const NAME: &str = "tell_logout";

const VERSION: u32 = 1;

/// What a run is started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogoutRun {
    client: String,
    user_id: UserId,
    session_id: SessionId,
}

impl LogoutRun {
    pub(crate) fn of(told: SessionApp, user_id: UserId) -> Self {
        Self { client: told.client_name, user_id, session_id: told.session_id }
    }

    /// The app's tenant, in which the run belongs: whoever runs a slow app keeps nobody else's waiting.
    pub(crate) fn tenant(&self) -> Option<TenantId> {
        Some(ClientName::parse(&self.client)?.tenant)
    }

    /// The key of the end of this session towards this app: a session ends once.
    pub(crate) fn key(&self) -> String {
        format!("{} {}", self.session_id, self.client)
    }

    /// Begins the run in the transaction's tenant, once for this key.
    pub(crate) async fn begin(&self, tx: &mut TenantTx, cx: &Cx, key: &str) -> Result<(), Error> {
        jobs::start(tx, cx, NAME, VERSION, key, self).await?;
        Ok(())
    }
}

/// The workflow over the app.
#[derive(Debug)]
pub(crate) struct TellLogout(App);

impl TellLogout {
    pub(crate) const fn new(app: App) -> Self {
        Self(app)
    }
}

#[async_trait]
impl Workflow for TellLogout {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        vec![Arc::new(Tell(self.0.clone()))]
    }
}

/// Sends the token. An app that was told twice has nothing more to end.
#[derive(Debug)]
struct Tell(App);

#[async_trait]
impl Step for Tell {
    fn name(&self) -> &'static str {
        "tell_app"
    }

    /// An app may be away for some hours; whoever keeps a session longer asks with its tokens, which have ended.
    fn policy(&self) -> Policy {
        Policy {
            attempts: 20,
            base: Duration::from_secs(2),
            cap: Duration::from_secs(900),
            timeout: Duration::from_secs(15),
        }
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        let run: LogoutRun = at.read_input()?;
        let signed = ops::sign_logout(&self.0, &run.client, run.user_id, run.session_id).await;
        if let Some(signed) = signed.map_err(refused)? {
            send(&self.0.outbound, &signed).await.map_err(failed)?;
        }
        Ok(json!({}))
    }
}

async fn send(outbound: &Outbound, signed: &SignedLogout) -> Result<(), Fault> {
    let url = Url::parse(&signed.uri).map_err(|_| {
        Fault::new(Kind::AddressInvalid, "The app's address is none.", "no address")
    })?;
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    // Letters, digits, dots and dashes: a token needs no escape.
    let body = format!("logout_token={}", signed.token.expose_secret());
    let call = Call::new("backchannel_logout", "tell_app", Method::POST, url)
        .body(kind, body)
        .at_most(64 * 1024);
    let answer = outbound.on_behalf_of(signed.tenant).send(call).await?;
    let status = answer.status.as_u16();
    let kind = match status {
        200..300 => return Ok(()),
        408 | 425 | 429 => Kind::RateLimited,
        400..500 => Kind::Rejected,
        _ => Kind::Failed,
    };
    let fault = Fault::new(kind, "The app did not take the word.", format!("it answered {status}"));
    Err(fault.retry_after(answer.retry_after))
}

/// What a trouble of ours means to the run.
pub(super) fn refused(error: Error) -> StepError {
    match error {
        Error::Database(failure) => failure.into(),
        other if other.code() == Code::Unavailable => {
            let user = "The service is temporarily unavailable.";
            StepError::transient(other.reason(), user, other.to_string())
        }
        other => StepError::system(other.reason(), other.to_string()),
    }
}

/// What a failed call means to the run.
fn failed(fault: Fault) -> StepError {
    let Fault { reason, class, effect, retry_after, user, operator, .. } =
        fault.of("backchannel_logout");
    let error = match class {
        Class::Config => StepError::config(reason, user, operator),
        Class::Transient => StepError::transient(reason, user, operator),
        Class::System => StepError::system(reason, operator),
    };
    let error = match effect {
        Effect::None => error.without_effect(),
        Effect::Unknown => error.with_unknown_effect(),
    };
    error.retry_after(retry_after)
}
