//! One consumer at work: pulls, and keeps each aggregate's facts in order.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_nats::jetstream::{
    Message,
    consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull},
};
use futures::StreamExt;
use pg::Db;
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    handler::{Retry, Spec},
    held::{Held, Item},
    letter::Letter,
    settle::{Core, Outcome},
};
use crate::{Error, Nats, Result, pace::Backoff};

/// How long the server waits for an answer before it delivers again.
const ACK_WAIT: Duration = Duration::from_secs(15);
/// How often held messages are reported as in progress.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// How long one pull request stands; also how often the consumer's existence is verified when idle.
const PULL: Duration = Duration::from_secs(5);
/// Most messages held, queued ones included.
const HELD: usize = 1_024;
/// How long running handlers may take to finish once told to stop; with the beat before it less than a lease's life,
/// since the supervisor renews none meanwhile.
const GRACE: Duration = Duration::from_secs(4);

/// One consumer of this process.
pub(super) struct Worker {
    core: Arc<Core>,
    held: Held,
    tasks: JoinSet<(Arc<Item>, Outcome)>,
    stop: CancellationToken,
}

impl Worker {
    pub(super) fn new(db: Db, nats: Nats, retry: Retry, spec: Arc<Spec>) -> Self {
        Self {
            core: Arc::new(Core::new(db, nats, retry, spec)),
            held: Held::default(),
            tasks: JoinSet::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Works until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        self.stop = stop.clone();
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut born = None;
        while !stop.is_cancelled() {
            // A server that is away answers late or never.
            let Some(ensured) = stop.run_until_cancelled(self.ensure_consumer()).await else {
                break;
            };
            let worked = match ensured {
                Ok(consumer) => {
                    let info = consumer.cached_info();
                    if born != Some(info.created) {
                        // Another consumer than before: its messages have other numbers, and ours would be
                        // answered in their place. It delivers everything again.
                        self.tasks.shutdown().await;
                        self.held = Held::default();
                        self.held.await_orphans(info.num_ack_pending, ACK_WAIT + PULL);
                        born = Some(info.created);
                    }
                    backoff.reset();
                    self.pull(&consumer).await
                }
                Err(problem) => Err(problem),
            };
            if let Err(problem) = worked {
                tracing::debug!(consumer = %self.core.spec.name, %problem, "waiting for the stream");
                let wait = sleep(backoff.next());
                tokio::pin!(wait);
                // Work already at hand goes on meanwhile.
                loop {
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = &mut wait => break,
                        Some(done) = self.tasks.join_next() => self.finish(done),
                    }
                }
            }
        }
        self.wind_down().await;
    }

    /// Makes the stream and the durable unless they stand: a wiped server is filled again by the relays.
    async fn ensure_consumer(&self) -> Result<PullConsumer> {
        let stream = self.core.nats.handle().await?;
        let config = pull::Config {
            durable_name: Some(self.core.spec.name.clone()),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            // The server would drop an exhausted message in silence; the bound is kept here, with a dead letter.
            max_deliver: -1,
            max_ack_pending: i64::try_from(HELD).unwrap_or(i64::MAX),
            filter_subject: self.core.spec.filter.clone(),
            ..Default::default()
        };
        stream.create_consumer(config).await.map_err(Error::nats)
    }

    /// One pull request after another, until one ends empty, fails, or the connection was replaced.
    async fn pull(&mut self, consumer: &PullConsumer) -> Result<()> {
        let stop = self.stop.clone();
        let connection = self.connects();
        let mut keep_alive = interval(KEEP_ALIVE);
        let mut watch = interval(Duration::from_millis(500));
        loop {
            let room = HELD.saturating_sub(self.held.len());
            let mut batch = if room == 0 {
                None
            } else {
                let pull = consumer.batch().max_messages(room.min(256)).expires(PULL).messages();
                let Some(pulled) = stop.run_until_cancelled(pull).await else { return Ok(()) };
                Some(pulled.map_err(Error::nats)?)
            };
            let mut received = 0_usize;
            loop {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    next = next_of(&mut batch) => match next {
                        Some(Ok(message)) => {
                            received += 1;
                            self.admit(message);
                        }
                        Some(Err(problem)) => return Err(Error::nats(problem)),
                        None if received == 0 => return Ok(()),
                        None => break,
                    },
                    Some(done) = self.tasks.join_next() => {
                        self.finish(done);
                        if batch.is_none() && self.held.len() < HELD / 2 {
                            break;
                        }
                    }
                    _ = keep_alive.tick() => self.held.keep_alive().await,
                    _ = watch.tick() => {
                        self.start_gated();
                        // The server forgot our pull request together with the connection.
                        if self.connects() != connection {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }

    /// How often the connection has been made.
    fn connects(&self) -> u64 {
        self.core.nats.client().statistics().connects.load(Ordering::Relaxed)
    }

    fn admit(&mut self, message: Message) {
        let Ok(info) = message.info() else { return };
        let sequence = info.stream_sequence;
        let delivered = u32::try_from(info.delivered).unwrap_or(u32::MAX);
        let letter = Letter::open(&message, sequence);
        for item in self.held.admit(Item { message, letter, sequence, delivered }) {
            self.start(item);
        }
    }

    fn start_gated(&mut self) {
        for item in self.held.open_gate() {
            self.start(item);
        }
    }

    fn start(&mut self, item: Arc<Item>) {
        let (core, stop) = (self.core.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let outcome = core.settle(&item, &stop).await;
            (item, outcome)
        });
    }

    fn finish(&mut self, done: Result<(Arc<Item>, Outcome), tokio::task::JoinError>) {
        match done {
            Ok((item, Outcome::Settled)) => {
                if let Some(next) = self.held.finish(&item) {
                    self.start(next);
                }
            }
            // Stays held until it is given back.
            Ok((_, Outcome::Unsettled)) => {}
            // Handlers cannot panic through; what does is a fault here, and the supervisor starts over.
            Err(fault) => std::panic::resume_unwind(fault.into_panic()),
        }
    }

    /// Lets running handlers finish, then gives back what is left.
    async fn wind_down(mut self) {
        let deadline = Instant::now() + GRACE;
        while let Ok(Some(done)) =
            timeout(deadline.saturating_duration_since(Instant::now()), self.tasks.join_next())
                .await
        {
            if let Ok((item, Outcome::Settled)) = done {
                self.held.finish(&item);
            }
        }
        self.tasks.shutdown().await;
        self.held.give_back().await;
        let _ = self.core.nats.client().flush().await;
    }
}

/// The next message of a pull; without one, waits for ever.
async fn next_of(batch: &mut Option<pull::Batch>) -> Option<Result<Message, async_nats::Error>> {
    match batch {
        Some(batch) => batch.next().await,
        None => std::future::pending().await,
    }
}
