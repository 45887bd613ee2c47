//! Stand-ins of the systems outside: the legacy backend, a mail server, Telegram, an OpenID provider
//! and a name server, faithful in what they
//! answer, honest in what they fail at, and with a memory that outlives a killed process.
//! For `usher dev` and for tests; never for production.

mod chance;
pub mod dns;
mod feed;
mod journal;
pub mod legacy;
mod life;
pub mod logouts;
pub mod mail;
pub mod openid;
mod pages;
mod port;
pub mod private;
pub mod siteverify;
pub mod telegram;

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

pub use chance::Latency;

/// What stands in for the outside world. The default is the world of `usher dev`: a little slow,
/// and one call in ten fails in a way that a retry mends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the stand-ins keep their journals and ports. Without it they live in memory.
    pub data_dir: Option<PathBuf>,
    /// The legacy backend.
    pub legacy: legacy::Config,
    /// The mail server.
    pub mail: mail::Config,
    /// Telegram.
    pub telegram: telegram::Config,
}

impl Config {
    /// No delay and no fault.
    pub fn calm() -> Self {
        Config {
            data_dir: None,
            legacy: legacy::Config::calm(),
            mail: mail::Config::calm(),
            telegram: telegram::Config::calm(),
        }
    }
}

/// The running stand-ins. Dropping it cuts every connection at once; [`Sandbox::stop`] is polite.
pub struct Sandbox {
    /// The legacy backend.
    pub legacy: legacy::Handle,
    /// The mail server.
    pub mail: mail::Handle,
    /// Telegram.
    pub telegram: telegram::Handle,
}

/// Starts every stand-in, each on a loopback port of its own, with what its journal remembers.
///
/// # Errors
/// A probability out of range, a configured port in use, a data folder or journal that cannot be
/// read or written.
pub async fn start(config: Config) -> anyhow::Result<Sandbox> {
    let folder = config.data_dir.as_deref();
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let legacy = legacy::start(config.legacy, folder).await.context("the legacy stand-in")?;
    let mail = mail::start(config.mail, folder).await.context("the mail stand-in")?;
    let telegram = telegram::start(config.telegram, folder).await.context("Telegram's stand-in")?;
    Ok(Sandbox { legacy, mail, telegram })
}

impl Sandbox {
    /// Pages that list what was received, to be nested under `/sandbox`.
    pub fn pages(&self) -> axum::Router {
        pages::router(self.legacy.clone(), self.mail.clone(), self.telegram.clone())
    }

    /// Takes no new work, lets what runs finish for a few seconds, and closes the journals.
    pub async fn stop(self) {
        tokio::join!(self.legacy.stop(), self.mail.stop(), self.telegram.stop());
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.legacy.cut();
        self.mail.cut();
        self.telegram.cut();
    }
}

/// A file of the data folder, if there is one.
fn file(folder: Option<&Path>, name: &str) -> Option<PathBuf> {
    folder.map(|folder| folder.join(name))
}
