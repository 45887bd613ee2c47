//! Which handler hears which facts, and how a handler's failure is judged.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{
    FutureExt, TryFutureExt,
    future::{BoxFuture, ready},
};
use kernel::{Code, Cx, Failure};
use pg::Db;
use tokio_util::sync::CancellationToken;
use wire::Fact;

use crate::{Envelope, Nats, Result};

/// How often and how patiently a handler is asked again before its message becomes a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts for failures that a retry helps, and for internal ones.
    pub attempts: u32,
    /// Attempts for all other failures: few, but not one, since a fact of another kind may be on its way still.
    pub refusals: u32,
    /// The first wait; each next one doubles.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 12,
            refusals: 5,
            first: Duration::from_millis(200),
            cap: Duration::from_secs(60),
        }
    }
}

/// Why a handler did not do its work.
#[derive(Debug)]
pub enum Refusal {
    /// Worth asking again, many times.
    Later { code: Code, problem: String },
    /// Refused for a reason of its own: asked again a few times.
    Never { problem: String },
    /// Will never be understood.
    Malformed { problem: String },
}

impl Refusal {
    fn of(failure: &impl Failure) -> Self {
        let code = failure.code();
        let problem = format!("{}: {}", failure.reason(), chain(failure));
        if code.retry_helps() || code == Code::Internal {
            Self::Later { code, problem }
        } else {
            Self::Never { problem }
        }
    }

    /// The words for an operator.
    pub(crate) fn problem(&self) -> &str {
        match self {
            Self::Later { problem, .. } | Self::Never { problem } | Self::Malformed { problem } => {
                problem
            }
        }
    }
}

/// The failure with its causes, unless it tells them itself.
fn chain(failure: &dyn std::error::Error) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = next.source();
    }
    text
}

type Handler = dyn Fn(Cx, Envelope) -> BoxFuture<'static, Result<(), Refusal>> + Send + Sync;

/// One durable consumer: its name, what it hears, who handles it.
#[derive(Clone)]
pub(crate) struct Spec {
    /// The durable's name, also the consumer's name in the inbox.
    pub(crate) name: String,
    /// The one filter subject.
    pub(crate) filter: String,
    handler: Arc<Handler>,
}

impl Spec {
    /// Runs the handler; a panic is an internal failure like any other.
    pub(crate) async fn handle(&self, cx: Cx, envelope: Envelope) -> Result<(), Refusal> {
        let handled =
            AssertUnwindSafe(async { (self.handler)(cx, envelope).await }).catch_unwind().await;
        handled.unwrap_or_else(|_| {
            Err(Refusal::Later { code: Code::Internal, problem: "the handler panicked".into() })
        })
    }
}

/// The facts a service hears. Handlers are ops: they may run again, and begin with [`crate::first_delivery`].
pub struct Consumers {
    pub(crate) db: Db,
    pub(crate) nats: Nats,
    pub(crate) retry: Retry,
    pub(crate) specs: Vec<Spec>,
}

impl Consumers {
    /// Begins an empty list for the service that `db` belongs to.
    #[must_use]
    pub fn new(db: Db, nats: Nats) -> Self {
        Self { db, nats, retry: Retry::default(), specs: Vec::new() }
    }

    /// Replaces the retry policy of all handlers.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Hands every fact of type `F` to `handler`, in order within an aggregate, in parallel over aggregates.
    #[must_use]
    pub fn on<F: Fact>(self, handler: impl Hears<F>) -> Self {
        self.listen(F::KIND, move |cx, envelope| match wire::json::decode::<F>(&envelope.data) {
            Ok(fact) => handler.hear(cx, fact),
            Err(bad) => ready(Err(Refusal::Malformed { problem: bad.to_string() })).boxed(),
        })
    }

    /// Hands every fact whose kind fits `kinds` (`user.invite.*`, `>`) to `handler` as it stands on the wire.
    #[must_use]
    pub fn on_any<Fut, E>(
        self,
        kinds: &str,
        handler: impl Fn(Cx, Envelope) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Failure,
    {
        self.listen(kinds, move |cx, envelope| {
            handler(cx, envelope).map_err(|failure| Refusal::of(&failure)).boxed()
        })
    }

    /// Works until `stop`; then lets running handlers finish and gives the rest back.
    ///
    /// # Errors
    /// None that passes: a database or a NATS server that is away is waited for.
    pub async fn run(self, stop: CancellationToken) -> Result<()> {
        super::supervisor::run(self, stop).await;
        Ok(())
    }

    fn listen(
        mut self,
        kinds: &str,
        handler: impl Fn(Cx, Envelope) -> BoxFuture<'static, Result<(), Refusal>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let name = durable(self.db.service(), kinds);
        assert!(
            self.specs.iter().all(|spec| spec.name != name),
            "{name} has a handler already: a second one would hear nothing"
        );
        let filter = self.nats.stream().filter(kinds);
        self.specs.push(Spec { name, filter, handler: Arc::new(handler) });
        self
    }
}

/// An async function of a context and a fact; implemented for all of them, and for nothing else.
pub trait Hears<F>: Send + Sync + 'static {
    /// Handles one fact.
    #[doc(hidden)]
    fn hear(&self, cx: Cx, fact: F) -> BoxFuture<'static, Result<(), Refusal>>;
}

impl<F, H, Fut, E> Hears<F> for H
where
    H: Fn(Cx, F) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: Failure,
{
    fn hear(&self, cx: Cx, fact: F) -> BoxFuture<'static, Result<(), Refusal>> {
        self(cx, fact).map_err(|failure| Refusal::of(&failure)).boxed()
    }
}

/// `user`, `tenant.tenant.created` → `user-tenant_tenant_created`; names may hold no dots and no wildcards.
fn durable(service: &str, kinds: &str) -> String {
    format!("{service}-{}", kinds.replace('.', "_").replace('*', "any").replace('>', "all"))
}
