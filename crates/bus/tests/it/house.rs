//! A database, a stream and a NATS server of one's own.

use std::{
    collections::HashMap,
    fmt,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use async_nats::jetstream;
use bus::{Envelope, Nats, Relay};
use futures::StreamExt;
use kernel::{Clock, Code, Cx, Failure, TenantId};
use pg::{Access, Db};
use serde_json::json;
use sqlx::PgConnection;
use testkit::{Database, Servers, Stream, servers};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The service whose schema the tests use; every service's has the same tables.
const SERVICE: &str = "user";

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

fn variable(name: &str, fallback: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| fallback.into())
}

/// A migrated database, and a stream that no other test knows.
pub(crate) struct House {
    pub(crate) access: Access,
    pub(crate) db: Db,
    pub(crate) nats: Nats,
    pub(crate) tenant: TenantId,
    stream: Stream,
    database: Database,
}

impl House {
    pub(crate) async fn build() -> Self {
        Self::build_on(servers().await).await
    }

    pub(crate) async fn build_with_nats(nats_url: &str) -> Self {
        let database_url = &servers().await.database_url;
        Self::build_on(&Servers::at(database_url, nats_url)).await
    }

    async fn build_on(servers: &Servers) -> Self {
        let database = Database::new_on(servers).await;
        let access = database.access_with(24);
        let db = Db::connect(&access, SERVICE).expect("reads the address");
        let stream = Stream::new_on(servers);
        Self { access, db, nats: stream.nats().await, tenant: testkit::tenant(), stream, database }
    }

    /// Another process's view of the same database: nothing is shared in memory.
    pub(crate) fn other_db(&self) -> Db {
        Db::connect(&self.access, SERVICE).expect("reads the address")
    }

    pub(crate) async fn other_nats(&self) -> Nats {
        self.stream.nats().await
    }

    /// A connection of the administrator.
    pub(crate) async fn admin(&self) -> PgConnection {
        self.database.admin_of(SERVICE).await
    }

    pub(crate) fn cx(&self) -> Cx {
        Cx::of_service(SERVICE, Some(self.tenant), &Clock::system())
    }

    /// Tells one fact in a transaction of its own.
    pub(crate) async fn tell(&self, aggregate: Uuid, data: serde_json::Value) -> kernel::FactId {
        let mut tx = self.db.tenant(self.tenant, "tell").await.expect("opens");
        let id = bus::emit_json(&mut tx, &self.cx(), "user.invite.created", aggregate, &data)
            .await
            .expect("emits");
        tx.commit().await.expect("commits");
        id
    }

    pub(crate) async fn tell_invite(&self, aggregate: Uuid) -> kernel::FactId {
        self.tell(aggregate, json!({"inviteId": aggregate.to_string()})).await
    }

    pub(crate) fn relay(&self) -> Task {
        Task::start(|stop| Relay::new(self.db.clone(), self.nats.clone()).run(stop))
    }

    pub(crate) async fn other_relay(&self) -> Task {
        let (db, nats) = (self.other_db(), self.other_nats().await);
        Task::start(|stop| Relay::new(db, nats).run(stop))
    }

    /// Everything in the stream, in its order.
    pub(crate) async fn told(&self) -> Vec<Envelope> {
        let js = self.js().await;
        let Ok(mut stream) = js.get_stream(&self.nats.stream().name).await else {
            return Vec::new();
        };
        let Ok(info) = stream.info().await else {
            return Vec::new();
        };
        let mut left = info.state.messages;
        if left == 0 {
            return Vec::new();
        }
        let consumer = stream
            .create_consumer(jetstream::consumer::pull::OrderedConfig::default())
            .await
            .expect("creates a reader");
        let mut messages = consumer.messages().await.expect("reads");
        let mut told = Vec::new();
        while left > 0 {
            let message = messages.next().await.expect("goes on").expect("reads");
            told.push(Envelope::parse(&message.payload).expect("is an event"));
            left -= 1;
        }
        told
    }

    pub(crate) async fn count(&self) -> u64 {
        let js = self.js().await;
        match js.get_stream(&self.nats.stream().name).await {
            Ok(stream) => stream.cached_info().state.messages,
            Err(_) => 0,
        }
    }

    pub(crate) async fn js(&self) -> jetstream::Context {
        self.stream.jetstream().await
    }

    pub(crate) async fn until_count(&self, count: u64) {
        eventually("the stream holds the facts", async || self.count().await >= count).await;
    }
}

/// Something that runs until it is stopped.
pub(crate) struct Task {
    stop: CancellationToken,
    task: JoinHandle<bus::Result<()>>,
}

impl Task {
    pub(crate) fn start<F>(start: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = bus::Result<()>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(start(stop.clone())), stop }
    }

    /// Stops it as a deploy would.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("does not die").expect("ends well");
    }

    /// Stops it as a crash would: nothing is given back.
    pub(crate) fn crash(self) {
        self.task.abort();
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A NATS server that a test may kill.
pub(crate) struct Server {
    child: Option<Child>,
    port: u16,
    folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let port = testkit::free_ports(1)[0];
        let mut server = Self { child: None, port, folder: tempfile::tempdir().expect("a folder") };
        server.rise();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Comes back with what it had stored.
    pub(crate) fn rise(&mut self) {
        let binary = variable("NATS_BIN", "/usr/sbin/nats-server");
        let child = Command::new(binary)
            .args(["-a", "127.0.0.1", "-p", &self.port.to_string(), "-js", "-sd"])
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server starts");
        self.child = Some(child);
    }

    /// Goes away without a word.
    pub(crate) fn fall(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("dies");
            child.wait().expect("is dead");
        }
    }

    /// Loses everything it had stored; only while it is down.
    pub(crate) fn forget(&mut self) {
        self.folder = tempfile::tempdir().expect("a folder");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.fall();
    }
}

/// A handler's failure.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Code);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused as {:?}", self.0)
    }
}

impl std::error::Error for Refused {}

impl Failure for Refused {
    fn code(&self) -> Code {
        self.0
    }

    fn reason(&self) -> &'static str {
        "refused"
    }
}

impl From<pg::Error> for Refused {
    fn from(failure: pg::Error) -> Self {
        Self(failure.code())
    }
}

/// Asserts that first appearances of each aggregate's facts are in order without gaps, and answers how many distinct
/// facts there are.
pub(crate) fn assert_ordered(told: &[Envelope]) -> usize {
    let mut next: HashMap<Uuid, i64> = HashMap::new();
    let mut distinct = 0;
    for envelope in told {
        let expected = next.entry(envelope.aggregate).or_insert(1);
        assert!(
            envelope.sequence <= *expected,
            "{} skipped to {}",
            envelope.aggregate,
            envelope.sequence
        );
        if envelope.sequence == *expected {
            *expected += 1;
            distinct += 1;
        }
    }
    distinct
}
