//! Reading along: the facts of the stream from one point on, in the order of the stream, through outages of NATS.

use std::{sync::atomic::Ordering, time::Duration};

use async_nats::jetstream::consumer::{
    DeliverPolicy,
    pull::{Ordered, OrderedConfig},
};
use futures::{Stream, StreamExt, stream};
use kernel::{TenantId, Timestamp};
use tokio::time::{interval, sleep};

use crate::{Envelope, Error, Nats, Result, pace::Backoff};

/// How often a lost connection is looked for; its pull request is lost with it, and nothing else tells.
const WATCH: Duration = Duration::from_millis(500);

/// How often the stream is asked whether it is the one that is read.
const INSPECT: Duration = Duration::from_secs(3);

/// Where reading along begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// With the next fact.
    Now,
    /// With the oldest fact that the stream keeps.
    Oldest,
}

impl Nats {
    /// Reads along the facts whose kind fits `kinds` (`user.invite.*`, `>`), those of `tenant` or of all. The stream
    /// ends never: while NATS is away it is silent, then goes on where it stopped; a stream made anew is read from
    /// its beginning. No fact is lost on the way, and a fact that was replayed is told again.
    ///
    /// # Errors
    /// [`Error::Nats`] when the server is away or refuses at the start.
    pub async fn tail(
        &self,
        tenant: Option<TenantId>,
        kinds: &str,
        since: Since,
    ) -> Result<impl Stream<Item = Envelope> + Send + use<>> {
        let info = self.ensure_stream().await?;
        let filter = match tenant {
            Some(tenant) => self.stream().subject(tenant, kinds),
            None => self.stream().filter(kinds),
        };
        let mut tail = Tail {
            nats: self.clone(),
            filter,
            made: made(&info),
            next: match since {
                Since::Now => info.state.last_sequence + 1,
                Since::Oldest => 1,
            },
            reading: None,
        };
        tail.open().await?;
        Ok(stream::unfold(tail, async |mut tail| {
            let envelope = tail.next().await;
            Some((envelope, tail))
        }))
    }
}

/// The place in the stream that was reached.
struct Tail {
    nats: Nats,
    filter: String,
    /// When the stream was made: tells one stream from its successor.
    made: Timestamp,
    /// The stream sequence that comes next.
    next: u64,
    reading: Option<Reading>,
}

/// An ephemeral consumer, and the connection it was made on.
struct Reading {
    messages: Ordered,
    connection: u64,
}

impl Tail {
    async fn open(&mut self) -> Result<()> {
        let connection = self.connection();
        let stream = self.nats.handle().await?;
        let info = stream.cached_info();
        if made(info) != self.made || info.state.last_sequence + 1 < self.next {
            self.made = made(info);
            self.next = 1;
        }
        let consumer = stream
            .create_consumer(OrderedConfig {
                filter_subject: self.filter.clone(),
                deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: self.next },
                ..Default::default()
            })
            .await
            .map_err(Error::nats)?;
        let messages = consumer.messages().await.map_err(Error::nats)?;
        self.reading = Some(Reading { messages, connection });
        Ok(())
    }

    async fn next(&mut self) -> Envelope {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        let (mut watch, mut inspect) = (interval(WATCH), interval(INSPECT));
        loop {
            let connection = self.connection();
            let Some(reading) = &mut self.reading else {
                if let Err(problem) = self.open().await {
                    tracing::debug!(%problem, "waiting for the stream");
                    sleep(backoff.next()).await;
                }
                continue;
            };
            if reading.connection != connection {
                self.reading = None;
                continue;
            }
            let message = tokio::select! {
                message = reading.messages.next() => message,
                _ = watch.tick() => continue,
                _ = inspect.tick() => {
                    if self.is_superseded().await {
                        self.reading = None;
                    }
                    continue;
                }
            };
            let Some(Ok(message)) = message else {
                self.reading = None;
                sleep(backoff.next()).await;
                continue;
            };
            if let Ok(info) = message.info() {
                self.next = info.stream_sequence + 1;
            }
            match Envelope::parse(&message.payload) {
                Ok(envelope) => return envelope,
                Err(unreadable) => {
                    tracing::debug!(%unreadable, "the stream holds something that is no fact");
                }
            }
        }
    }

    /// Whether the stream was taken away or made anew under a connection that stood: the consumer would look for its
    /// place in the new one for ever.
    async fn is_superseded(&mut self) -> bool {
        match self.nats.ensure_stream().await {
            Ok(info) => made(&info) != self.made,
            Err(_) => false,
        }
    }

    fn connection(&self) -> u64 {
        self.nats.client().statistics().connects.load(Ordering::Relaxed)
    }
}

fn made(info: &async_nats::jetstream::stream::Info) -> Timestamp {
    let nanos = info.created.unix_timestamp_nanos();
    jiff::Timestamp::from_nanosecond(nanos).unwrap_or(jiff::Timestamp::MIN).into()
}
