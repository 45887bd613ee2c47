//! A running platform: what a test may do to it, and how it must end.

use std::{sync::Arc, thread, time::Duration};

use boot::Host;
use kernel::Clock;
use sandbox::{Sandbox, mail::Message};
use tokio::{
    runtime::{Builder as RuntimeBuilder, Runtime},
    sync::OnceCell,
};
use tokio_util::sync::CancellationToken;
use usher::platform::{self, Ground, Part, Settings};

use super::{Actor, Builder, Tenant, door::Door, quiet};
use crate::{Database, PATIENCE, Stream, eventually, keeper};

/// How long tasks get to end when the platform stops.
const DRAIN: Duration = Duration::from_secs(30);

/// What a platform stands on, and its twins with it.
pub(super) struct World {
    pub(super) settings: Settings,
    pub(super) parts: Vec<Part>,
    pub(super) clock: Clock,
    pub(super) patience: Duration,
    pub(super) sandbox: Option<Sandbox>,
    pub(super) stream: Stream,
    pub(super) database: Database,
}

/// A whole platform, as a process of its own would run it: on its own threads, which go on while the test waits.
///
/// It must end quiet: dropping it, or better [`Platform::stop`], fails the test if a background task has died, or if
/// facts, deliveries or jobs are left over. [`Platform::kill`] asks nothing.
pub struct Platform {
    world: Arc<World>,
    host: Host,
    door: Arc<Door>,
    admin: String,
    operator: OnceCell<Actor>,
    /// Taken when the platform ends.
    runtime: Option<Runtime>,
}

impl Platform {
    /// Starts every part, with calm stand-ins of the outside world.
    pub async fn start() -> Self {
        Builder::default().start().await
    }

    /// A platform with something special about it.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A second process of the same platform: same database, stream and outside world, ports of its own.
    pub async fn twin(&self) -> Self {
        Self::start_in(self.world.clone()).await
    }

    pub(super) async fn start_in(world: Arc<World>) -> Self {
        boot::crypto::install();
        let mut builder = RuntimeBuilder::new_multi_thread();
        let builder = builder.worker_threads(2).thread_name("platform").enable_all();
        let runtime = builder.build().expect("the machine has room for threads");
        let host = Host::new();
        let ground = Ground {
            settings: world.settings.clone(),
            parts: world.parts.clone(),
            clock: world.clock.clone(),
            pages: world.sandbox.as_ref().map_or_else(Default::default, |sandbox| {
                axum::Router::new().nest("/sandbox", sandbox.pages())
            }),
        };
        let starting = host.clone();
        let started = runtime.spawn(async move { platform::start(ground, &starting).await });
        let started = started.await.expect("does not panic").expect("starts");
        Self {
            door: Arc::new(Door::new(started.public, started.operator)),
            admin: format!("http://{}", started.admin),
            world,
            host,
            operator: OnceCell::new(),
            runtime: Some(runtime),
        }
    }

    /// The address of the public listener, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        self.door.url()
    }

    /// The address of the admin listener, without a slash at the end.
    #[must_use]
    pub fn admin_url(&self) -> &str {
        &self.admin
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.world.database
    }

    /// Its stream.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.world.stream
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.world.settings
    }

    /// Its background tasks.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Runs one more background task beside the platform's own, on its threads.
    pub fn spawn<F>(&self, name: &str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let _threads = self.runtime.as_ref().map(Runtime::enter);
        self.host.spawn(name, task);
    }

    /// The stand-ins of the outside world. Panics where the platform was built without.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        self.world.sandbox.as_ref().expect("this platform was built without a sandbox")
    }

    /// Nobody in particular.
    #[must_use]
    pub fn anonymous(&self) -> Actor {
        Actor::anonymous(self.door.clone())
    }

    /// An operator of the platform: one person, however often asked for.
    pub async fn operator(&self) -> Actor {
        let make = || self.door.person("operator", None);
        let token = async || Actor::new(self.door.clone(), make().await, None);
        self.operator.get_or_init(token).await.clone()
    }

    /// A new person with a role of the platform.
    pub async fn staff(&self, role: &str) -> Actor {
        Actor::new(self.door.clone(), self.door.person(role, None).await, None)
    }

    /// A new tenant, created by the operator over HTTP.
    pub async fn tenant(&self, name: &str) -> Tenant {
        Tenant::create(self.door.clone(), &self.operator().await, name).await
    }

    /// The first mail to this address, past or future.
    pub async fn mail_for(&self, address: &str) -> Arc<Message> {
        let mail = self.sandbox().mail.wait_for(|mail| mail.is_to(address), PATIENCE).await;
        mail.unwrap_or_else(|| {
            panic!("no mail for {address}; attempts: {:?}", self.sandbox().mail.attempts())
        })
    }

    /// Waits until `holds` says so; panics with `what` when that takes too long, and at once when a task has died.
    pub async fn eventually(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        eventually(what, async || {
            self.assert_alive();
            holds().await
        })
        .await;
    }

    /// Waits until every fact is told and heard and every job has ended.
    ///
    /// Panics with what is left over when that takes too long, and at once when a task has died.
    pub async fn settled(&self) {
        let ended = quiet::settle(&self.world, &self.host).await;
        assert!(ended.is_empty(), "the platform does not come to rest: {ended:?}");
    }

    fn assert_alive(&self) {
        let dead = self.host.dead_tasks();
        assert!(dead.is_empty(), "died in the background: {dead:?}");
    }

    /// Comes to rest and ends. Panics if something is left over, if a task has died, or if one does not end.
    pub async fn stop(mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        let complaints = end(self.world.clone(), self.host.clone()).await;
        runtime.shutdown_background();
        assert!(complaints.is_empty(), "the platform did not end well: {complaints:?}");
    }

    /// Ends at once, wherever everything stands, as a killed process does.
    pub fn kill(mut self) {
        self.cut();
    }

    fn cut(&mut self) {
        self.host.kill();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if thread::panicking() {
            return self.cut();
        }
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        // The platform has threads of its own, so it comes to rest although this one waits.
        let complaints = keeper::clean_up(
            end(self.world.clone(), self.host.clone()),
            self.world.patience + 2 * DRAIN,
        );
        runtime.shutdown_background();
        let complaints = complaints.unwrap_or_else(|| vec!["it hangs".into()]);
        assert!(complaints.is_empty(), "the platform did not end well: {complaints:?}");
    }
}

/// Lets it come to rest and stops it; says what was wrong.
async fn end(world: Arc<World>, host: Host) -> Vec<String> {
    let mut complaints = quiet::settle(&world, &host).await;
    let stuck = host.drain(DRAIN).await.stuck;
    complaints.extend(stuck.into_iter().map(|task| format!("task {task:?} did not end in time")));
    // Also those that died while draining.
    for dead in host.dead_tasks() {
        let sentence = dead.to_string();
        if !complaints.contains(&sentence) {
            complaints.push(sentence);
        }
    }
    complaints
}
