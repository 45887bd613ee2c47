//! The stand-ins, and connectors that know where they are.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use connector::{
    Ground,
    legacy::{KeyHeader, Keys, Legacy, Setup},
    telegram::Telegram,
};
use kernel::Clock;
use outbound::{Addrs, Limits, Name, Outbound, Resolve, Resolving, Url};
use sandbox::Sandbox;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

/// Knows no name: whatever is called here is called by its address.
struct Nobody;

impl Resolve for Nobody {
    fn resolve(&self, _: Name) -> Resolving {
        let none: Addrs = Box::new(std::iter::empty());
        Box::pin(async move { Ok(none) })
    }
}

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) ground: Ground,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::of(sandbox::Config::calm()).await
    }

    pub(crate) async fn of(config: sandbox::Config) -> Self {
        let sandbox = sandbox::start(config).await.expect("the stand-ins start");
        let outbound = Outbound::assemble(
            Vec::new(),
            [80].into(),
            Limits::default(),
            Arc::new(Nobody),
            // It stands still, so that pauses can be told exactly.
            Clock::standing_at(jiff::Timestamp::UNIX_EPOCH.into()),
        );
        let telegram = Url::parse(&sandbox.telegram.url()).expect("an address");
        Self { sandbox, ground: Ground { outbound: outbound.expect("TLS"), telegram } }
    }

    /// The operator's backend under these keys.
    pub(crate) fn legacy(&self, keys: Keys) -> Legacy {
        let timeout = Duration::from_secs(20);
        let setup = Setup { url: self.sandbox.legacy.url(), keys, timeout };
        Legacy::of_operator(&self.ground.outbound, setup).expect("a good setup")
    }

    /// One key for everything.
    pub(crate) fn key(&self) -> Keys {
        let any = self.sandbox.legacy.api_key().clone();
        Keys { any, admin: None, data: None, header: KeyHeader::XApiKey }
    }

    /// The sandbox's bot and this chat.
    pub(crate) fn telegram(&self, chat: &str) -> Telegram {
        self.telegram_of(self.sandbox.telegram.token(), chat)
    }

    pub(crate) fn telegram_of(&self, token: &SecretString, chat: &str) -> Telegram {
        let given = json!({"bot_token": token.expose_secret(), "chat_id": chat});
        let settings = connector::telegram::SPEC.read(&given).expect("good settings");
        Telegram::open(&settings, &self.ground).expect("opens")
    }
}

/// All that was logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("whole")).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("whole").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
