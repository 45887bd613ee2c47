//! What a test may choose about its platform.

use std::{sync::Arc, time::Duration};

use kernel::Clock;
use usher::platform::{Part, Settings};

use super::{Platform, running::World, settings::settings};
use crate::{Database, PATIENCE, Servers, Stream, keeper, servers};

/// A platform to be; see [`Platform::builder`].
pub struct Builder {
    parts: Vec<Part>,
    sandbox: Option<sandbox::Config>,
    servers: Option<Servers>,
    clock: Clock,
    patience: Duration,
    change: Box<dyn FnOnce(&mut Settings) + Send>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            parts: Part::ALL.to_vec(),
            sandbox: Some(sandbox::Config::calm()),
            servers: None,
            clock: Clock::system(),
            patience: PATIENCE,
            change: Box::new(|_| {}),
        }
    }
}

impl Builder {
    /// Runs only these parts; all unless told.
    #[must_use]
    pub fn parts(self, parts: &[Part]) -> Self {
        Self { parts: parts.to_vec(), ..self }
    }

    /// Has stand-ins of the outside world that behave like this; calm ones unless told.
    #[must_use]
    pub fn faults(self, sandbox: sandbox::Config) -> Self {
        Self { sandbox: Some(sandbox), ..self }
    }

    /// Has no outside world: mail and the legacy backend are not answered.
    #[must_use]
    pub fn without_sandbox(self) -> Self {
        Self { sandbox: None, ..self }
    }

    /// Stands on servers that the test itself started, and may stop and kill.
    #[must_use]
    pub fn on(self, servers: Servers) -> Self {
        Self { servers: Some(servers), ..self }
    }

    /// Takes the time from this clock; the machine's unless told.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// How long it gets to come to rest; as long as [`eventually`](crate::eventually) waits unless told.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Changes any setting. Rate limits are lifted and retries are quick unless changed here.
    #[must_use]
    pub fn settings(self, change: impl FnOnce(&mut Settings) + Send + 'static) -> Self {
        Self { change: Box::new(change), ..self }
    }

    /// Starts it; returns when its doors are open.
    pub async fn start(self) -> Platform {
        let servers = match self.servers {
            Some(servers) => servers,
            None => servers().await.clone(),
        };
        let (database, stream) = (Database::new_on(&servers).await, Stream::new_on(&servers));
        let sandbox = match self.sandbox {
            // It outlives the platform, which may be killed.
            Some(config) => Some(keeper::run(sandbox::start(config)).await.expect("a sandbox")),
            None => None,
        };
        let mut settings = settings(&database, &stream, sandbox.as_ref());
        (self.change)(&mut settings);
        let (parts, clock, patience) = (self.parts, self.clock, self.patience);
        let world = World { settings, parts, clock, patience, sandbox, stream, database };
        Platform::start_in(Arc::new(world)).await
    }
}
