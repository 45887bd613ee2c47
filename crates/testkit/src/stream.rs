//! A stream of its own for each test, so that tests share a NATS server and hear nothing of each other.

use std::time::Duration;

use async_nats::{ConnectOptions, jetstream};
use bus::Nats;
use futures::TryStreamExt;

use crate::{Servers, keeper, run, servers};

/// What the subjects of all tests' streams begin with; the streams' names are the same in capitals.
const PREFIX: &str = "usher_test_";

/// How long deleting a stream may keep a test from ending.
const CLEANING: Duration = Duration::from_secs(20);

/// A test's own place for facts. Dropping it deletes the stream, if it was ever made.
#[derive(Debug)]
pub struct Stream {
    url: String,
    place: bus::Stream,
}

impl Stream {
    /// A place that nobody else knows. The stream itself is made by whoever first needs it.
    pub async fn new() -> Self {
        Self::new_on(servers().await)
    }

    /// Like [`Stream::new`], on servers that the test itself started.
    #[must_use]
    pub fn new_on(servers: &Servers) -> Self {
        let prefix = run::name(PREFIX);
        let place = bus::Stream { name: prefix.to_uppercase(), prefix };
        Self { url: servers.nats_url.clone(), place }
    }

    /// Its name and its subjects.
    #[must_use]
    pub const fn place(&self) -> &bus::Stream {
        &self.place
    }

    /// The address of its NATS server.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection to it. Each call makes a new one, as another process would have.
    pub async fn nats(&self) -> Nats {
        let connected = Nats::connect_to(&self.url.clone().into(), self.place.clone()).await;
        connected.expect("NATS_URL is an address")
    }

    /// JetStream itself, for what a service may not do.
    pub async fn jetstream(&self) -> jetstream::Context {
        connect(&self.url).await.expect("NATS answers")
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let (url, name) = (self.url.clone(), self.place.name.clone());
        let cleaning = async move {
            // A server that the test has stopped took the stream with it; one that was never made is gone too.
            if let Ok(jetstream) = connect(&url).await {
                let _ = jetstream.delete_stream(name).await;
            }
        };
        keeper::clean_up(cleaning, CLEANING);
    }
}

/// Deletes the streams of test processes that died before they could.
pub(crate) async fn sweep(url: &str) -> anyhow::Result<()> {
    let jetstream = connect(url).await?;
    let names: Vec<String> = jetstream.stream_names().try_collect().await?;
    for name in names.iter().filter(|name| run::is_of_the_dead(&name.to_lowercase(), PREFIX)) {
        // Another process may sweep the same one.
        let _ = jetstream.delete_stream(name).await;
    }
    Ok(())
}

async fn connect(url: &str) -> Result<jetstream::Context, async_nats::ConnectError> {
    let options = ConnectOptions::new().connection_timeout(Duration::from_secs(3));
    Ok(jetstream::new(options.connect(url).await?))
}
