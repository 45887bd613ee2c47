//! One message at its end: handled, asked again later, or buried.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::AckKind;
use kernel::{Clock, Code, Cx};
use pg::Db;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    handler::{Refusal, Retry, Spec},
    held::{Item, answer},
    letter::{bury, unearth},
    suspect::{acquit, count_try},
};
use crate::{Envelope, Nats, Result, pace::Backoff, trace};

/// Most handlers running at once.
const RUNNING: u32 = 32;

/// What became of a message.
pub(super) enum Outcome {
    Settled,
    /// Told to stop before it was handled.
    Unsettled,
}

/// One go at a message.
enum Turn {
    Handled,
    Refused(Refusal),
    /// It was begun too often without an answer.
    TooOften,
    /// It stands among the dead letters.
    Buried,
    Stopped,
}

/// What handling a message needs.
pub(super) struct Core {
    db: Db,
    pub(super) nats: Nats,
    retry: Retry,
    pub(super) spec: Arc<Spec>,
    slots: Semaphore,
}

impl Core {
    pub(super) fn new(db: Db, nats: Nats, retry: Retry, spec: Arc<Spec>) -> Self {
        Self { db, nats, retry, spec, slots: Semaphore::new(RUNNING as usize) }
    }

    /// Brings one message to its end: handled, or buried, or told to stop.
    pub(super) async fn settle(&self, item: &Item, stop: &CancellationToken) -> Outcome {
        let envelope = match &item.letter.envelope {
            Ok(envelope) => envelope,
            Err(problem) => return self.bury(item, problem, item.delivered, stop).await,
        };
        let mut backoff = Backoff::new(self.retry.first, self.retry.cap);
        let mut attempts = 0;
        loop {
            let refusal = match self.turn(item, envelope, &mut attempts, stop).await {
                Turn::Handled => return self.settled(item).await,
                Turn::Refused(refusal) => refusal,
                Turn::TooOften => {
                    let problem = "delivered too often without an answer";
                    return self.bury(item, problem, attempts, stop).await;
                }
                Turn::Buried => return given_up(item).await,
                Turn::Stopped => return Outcome::Unsettled,
            };
            attempts += 1;
            tracing::warn!(
                consumer = %self.spec.name, tenant.id = %envelope.tenantid, fact.id = %envelope.id,
                attempts, problem = refusal.problem(), "a fact could not be handled"
            );
            let limit = match &refusal {
                Refusal::Malformed { .. } => 0,
                Refusal::Never { .. } => self.retry.refusals,
                // While our own database is away nothing can succeed, and no message is to blame.
                Refusal::Later { code: Code::Unavailable, .. } if self.db.ping().await.is_err() => {
                    u32::MAX
                }
                Refusal::Later { .. } => self.retry.attempts,
            };
            if limit == u32::MAX {
                attempts -= 1;
            } else if attempts >= limit {
                return self.bury(item, refusal.problem(), attempts, stop).await;
            }
            tokio::select! {
                () = stop.cancelled() => return Outcome::Unsettled,
                () = sleep(backoff.next()) => {}
            }
        }
    }

    /// Waits for a place and runs the handler once. A message that takes the process down with it never reports a
    /// failure, so one that was delivered suspiciously often is counted before each try, and handled alone: should the
    /// process die, nobody else was at it.
    async fn turn(
        &self,
        item: &Item,
        envelope: &Envelope,
        attempts: &mut u32,
        stop: &CancellationToken,
    ) -> Turn {
        let places = if self.suspects(item) { RUNNING } else { 1 };
        let Ok(_slots) = self.slots.acquire_many(places).await else { return Turn::Stopped };
        if stop.is_cancelled() {
            return Turn::Stopped;
        }
        if self.suspects(item) {
            match count_try(&self.db, &self.spec.name, &item.letter).await {
                Ok(Some(tries)) => *attempts = tries - 1,
                Ok(None) => return Turn::Buried,
                Err(problem) => {
                    let problem = problem.to_string();
                    return Turn::Refused(Refusal::Later { code: Code::Unavailable, problem });
                }
            }
            if *attempts >= self.retry.attempts {
                return Turn::TooOften;
            }
        }
        self.handle(envelope).await.map_or_else(Turn::Refused, |()| Turn::Handled)
    }

    /// Whether it was delivered more often than a handler is asked, be it that it kills or that it waited beside a killer.
    const fn suspects(&self, item: &Item) -> bool {
        item.delivered > self.retry.attempts
    }

    /// Runs the handler once, inside a span that continues the fact's trace.
    async fn handle(&self, envelope: &Envelope) -> Result<(), Refusal> {
        let mut cx = Cx::of_service(self.db.service(), Some(envelope.tenantid), &Clock::system());
        cx.request_id.clone_from(&envelope.requestid);
        cx.traceparent.clone_from(&envelope.traceparent);
        cx.cause = Some((self.spec.name.clone(), envelope.id));
        let span = tracing::info_span!(
            "bus.consume", otel.kind = "consumer", consumer = %self.spec.name, fact.kind = %envelope.kind,
            fact.id = %envelope.id, tenant.id = %envelope.tenantid, request.id = %envelope.requestid,
        );
        trace::continue_trace(&span, envelope.traceparent.as_deref());
        let started = Instant::now();
        let handled = self.spec.handle(cx, envelope.clone()).instrument(span).await;
        let outcome = if handled.is_ok() { "ok" } else { "failed" };
        let name = self.spec.name.clone();
        metrics::histogram!("usher_consumer_duration_seconds", "consumer" => name.clone(), "outcome" => outcome)
            .record(started.elapsed().as_secs_f64());
        let age = Clock::system().now().since(envelope.time.into());
        metrics::histogram!("usher_consumer_age_seconds", "consumer" => name)
            .record(age.as_secs_f64());
        handled
    }

    async fn settled(&self, item: &Item) -> Outcome {
        if item.letter.replayed
            && let Err(problem) = unearth(&self.db, &self.spec.name, &item.letter).await
        {
            tracing::warn!(%problem, "a dead letter outlives its fact");
        }
        if self.suspects(item)
            && let Err(problem) = acquit(&self.db, &self.spec.name, &item.letter).await
        {
            tracing::warn!(%problem, "the tries of a settled message stay counted");
        }
        answer(item, AckKind::Ack).await;
        Outcome::Settled
    }

    /// Buries a message; asks the database until it agrees.
    async fn bury(
        &self,
        item: &Item,
        problem: &str,
        attempts: u32,
        stop: &CancellationToken,
    ) -> Outcome {
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(10));
        while let Err(refused) =
            bury(&self.db, &self.spec.name, &item.letter, &item.message, problem, attempts).await
        {
            tracing::warn!(%refused, "a dead letter cannot be kept yet");
            tokio::select! {
                () = stop.cancelled() => return Outcome::Unsettled,
                () = sleep(backoff.next()) => {}
            }
        }
        given_up(item).await
    }
}

/// Tells the server that a message is not wanted again.
async fn given_up(item: &Item) -> Outcome {
    answer(item, AckKind::Term).await;
    Outcome::Settled
}
