//! The connection to NATS, and the stream that facts live in.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task,
    time::Duration,
};

use async_nats::{
    Client, ConnectOptions, Event, HeaderMap, Subscriber,
    connection::State,
    jetstream::{self, context::PublishAckFuture, message::PublishMessage, stream},
};
use bytes::Bytes;
use futures::StreamExt;
use kernel::TenantId;
use secrecy::{ExposeSecret, SecretString};

use crate::{Envelope, Error, Result, envelope::CONTENT_TYPE};

/// How long the stream keeps messages; as long as the outbox keeps its rows by default.
const STREAM_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The window in which the stream drops a message id it has seen.
const DEDUPE_WINDOW: Duration = Duration::from_secs(120);

/// Where facts live. Platforms that share a NATS server need streams of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The JetStream stream's name.
    pub name: String,
    /// The first token of every subject.
    pub prefix: String,
}

impl Default for Stream {
    fn default() -> Self {
        Self { name: "USHER".into(), prefix: "usher".into() }
    }
}

impl Stream {
    /// The subject of a fact: `<prefix>.<tenant>.<kind>`.
    #[must_use]
    pub fn subject(&self, tenant: TenantId, kind: &str) -> String {
        format!("{}.{tenant}.{kind}", self.prefix)
    }

    /// The filter for a kind, or a pattern of kinds, in every tenant.
    #[must_use]
    pub fn filter(&self, kind: &str) -> String {
        format!("{}.*.{kind}", self.prefix)
    }

    fn config(&self) -> stream::Config {
        stream::Config {
            name: self.name.clone(),
            subjects: vec![format!("{}.>", self.prefix)],
            storage: stream::StorageType::File,
            duplicate_window: DEDUPE_WINDOW,
            max_age: STREAM_AGE,
            num_replicas: 1,
            ..Default::default()
        }
    }
}

/// A connection to NATS; cheap to clone. It heals by itself for as long as the process lives.
#[derive(Debug, Clone)]
pub struct Nats {
    client: Client,
    js: jetstream::Context,
    stream: Arc<Stream>,
    greeted: Arc<AtomicBool>,
}

impl Nats {
    /// Starts connecting, and answers at once even while the server is away.
    ///
    /// # Errors
    /// [`Error::Address`] for an address that cannot be read.
    pub async fn connect(url: &SecretString) -> Result<Self> {
        Self::connect_to(url, Stream::default()).await
    }

    /// Like [`Nats::connect`], with a stream of one's own.
    ///
    /// # Errors
    /// [`Error::Address`] for an address that cannot be read.
    pub async fn connect_to(url: &SecretString, stream: Stream) -> Result<Self> {
        let servers = url
            .expose_secret()
            .split(',')
            .map(|server| server.trim().parse::<async_nats::ServerAddr>())
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(|_| Error::Address)?;
        let client = ConnectOptions::new()
            .name("usher")
            .retry_on_initial_connect()
            .max_reconnects(None)
            .ping_interval(Duration::from_secs(5))
            .connection_timeout(Duration::from_secs(3))
            .request_timeout(Some(Duration::from_secs(3)))
            .reconnect_delay_callback(|tries| {
                Duration::from_millis((50 << tries.min(6)).min(2_000))
            })
            .event_callback(log_event)
            .connect(servers)
            .await
            .map_err(Error::nats)?;
        let js = jetstream::context::ContextBuilder::new()
            .timeout(Duration::from_secs(3))
            .ack_timeout(Duration::from_secs(5))
            .max_ack_inflight(4_096)
            .build(client.clone());
        Ok(Self { client, js, stream: Arc::new(stream), greeted: Arc::default() })
    }

    /// Whether the server answers at this moment.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Where facts live.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Makes the stream unless it stands, and answers what it is like now.
    ///
    /// # Errors
    /// [`Error::Nats`] when the server is away or refuses.
    pub async fn ensure_stream(&self) -> Result<stream::Info> {
        Ok(self.handle().await?.cached_info().clone())
    }

    /// Hears every fact whose kind fits `kinds` (`user.membership.*`, `>`) from now on, in this process too, without
    /// memory: what is told while the connection is down is not heard. For caches, never for effects.
    ///
    /// # Errors
    /// [`Error::Nats`] when the client has been closed.
    pub async fn hear(&self, kinds: &str) -> Result<Hearing> {
        let subscriber =
            self.client.subscribe(self.stream.filter(kinds)).await.map_err(Error::nats)?;
        Ok(Hearing { subscriber })
    }

    pub(crate) async fn handle(&self) -> Result<stream::Stream> {
        let stream =
            self.js.get_or_create_stream(self.stream.config()).await.map_err(Error::nats)?;
        if !self.greeted.swap(true, Ordering::Relaxed) {
            let server = self.client.server_info();
            tracing::info!(
                version = server.version,
                stream = self.stream.name,
                "facts travel over this NATS server"
            );
        }
        Ok(stream)
    }

    pub(crate) const fn jetstream(&self) -> &jetstream::Context {
        &self.js
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Hands an event to the client; the answer resolves when the stream has stored it.
    pub(crate) async fn publish(
        &self,
        subject: String,
        message_id: &str,
        body: Bytes,
    ) -> Result<PublishAckFuture, jetstream::context::PublishError> {
        let mut headers = HeaderMap::new();
        headers.insert(async_nats::header::NATS_MESSAGE_ID, message_id);
        headers.insert("Content-Type", CONTENT_TYPE);
        let message = PublishMessage::build().payload(body).headers(headers);
        self.js.send_publish(subject, message).await
    }
}

async fn log_event(event: Event) {
    match event {
        Event::Connected => tracing::info!("connected to NATS"),
        Event::Disconnected => tracing::warn!("the connection to NATS is lost"),
        other => tracing::debug!(event = %other, "NATS"),
    }
}

/// Facts as they are told; see [`Nats::hear`]. Messages that are no facts are left out.
#[derive(Debug)]
pub struct Hearing {
    subscriber: Subscriber,
}

impl futures::Stream for Hearing {
    type Item = Envelope;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> task::Poll<Option<Envelope>> {
        loop {
            match task::ready!(self.subscriber.poll_next_unpin(cx)) {
                None => return task::Poll::Ready(None),
                Some(message) => match Envelope::parse(&message.payload) {
                    Ok(envelope) => return task::Poll::Ready(Some(envelope)),
                    Err(unreadable) => {
                        tracing::debug!(%unreadable, "heard something that is no fact")
                    }
                },
            }
        }
    }
}
