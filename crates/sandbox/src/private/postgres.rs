//! A private PostgreSQL: one cluster in the data folder, reached over a unix socket only.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::cluster::{self, Durability};
use super::seat::Seat;
use super::servers::data_folder;

/// Crash recovery of a large log may take its time.
const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
/// Fast shutdown: clients are cut off, then a checkpoint.
const FAST: (Signal, Duration) = (Signal::SIGINT, Duration::from_secs(20));
/// Immediate shutdown: as if it had crashed, but without leaving processes behind.
const IMMEDIATE: (Signal, Duration) = (Signal::SIGQUIT, Duration::from_secs(8));

/// A running private PostgreSQL. Dropping it stops it at once; [`Postgres::stop`] stops it in order
/// and waits.
pub struct Postgres {
    url: String,
    programs: PathBuf,
    socket_folder: PathBuf,
    durability: Durability,
    fallen: watch::Receiver<Option<String>>,
    seat: Mutex<Seat>,
}

impl Postgres {
    /// Starts the server of the data folder `dir` with [`Durability::Safe`]; the cluster is made on
    /// the first start. Returns when a connection has been answered.
    ///
    /// # Errors
    /// PostgreSQL is not installed, another process uses the folder, or the server does not come
    /// up; the error carries the end of its log.
    pub async fn start(dir: &Path) -> anyhow::Result<Self> {
        Self::start_with(dir, Durability::Safe).await
    }

    /// Like [`Postgres::start`], with the durability chosen.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn start_with(dir: &Path, durability: Durability) -> anyhow::Result<Self> {
        let dir = data_folder(dir)?;
        let seat = Seat::take(&dir, "postgres").await?;
        let programs = super::programs::postgres(&dir, &cluster::folder(&seat))?;
        cluster::make_once(&seat, &programs, durability).await?;
        let socket_folder = seat.place.socket_folder()?;
        let url =
            format!("postgres://postgres@localhost:5432/postgres?host={}", escape(&socket_folder)?);
        let fallen = seat.fallen();
        let server =
            Self { url, programs, socket_folder, durability, fallen, seat: Mutex::new(seat) };
        server.resume().await?;
        Ok(server)
    }

    /// The superuser's URL of the database `postgres`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id of the server, if it runs.
    pub async fn pid(&self) -> Option<u32> {
        self.seat.lock().await.pid()
    }

    /// Stops the server: clients are cut off, all is written, every process has gone.
    ///
    /// # Errors
    /// A process of the server does not end.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.seat.lock().await.clear(&[FAST, IMMEDIATE]).await
    }

    /// Stops the server at once, as if it had crashed, and starts it again on the same URL.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn restart(&self) -> anyhow::Result<()> {
        self.halt().await?;
        self.resume().await
    }

    /// Stops the server at once; [`Postgres::resume`] starts it again.
    ///
    /// # Errors
    /// A process of the server does not end.
    pub async fn halt(&self) -> anyhow::Result<()> {
        self.seat.lock().await.clear(&[IMMEDIATE]).await
    }

    /// Kills the server's first process (SIGKILL); returns when the others have noticed and gone.
    ///
    /// # Errors
    /// A process of the server does not end.
    pub async fn kill(&self) -> anyhow::Result<()> {
        self.seat.lock().await.clear(&[]).await
    }

    /// Starts the server after [`Postgres::halt`] or [`Postgres::kill`]; nothing to do if it runs.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn resume(&self) -> anyhow::Result<()> {
        let mut seat = self.seat.lock().await;
        if seat.check_alive().is_ok() {
            return Ok(());
        }
        let data = cluster::folder(&seat);
        let args = cluster::arguments(&data, &self.socket_folder, self.durability);
        seat.spawn(&self.programs.join("postgres"), &args, Signal::SIGQUIT).await?;
        self.ready(&seat).await
    }

    /// Waits until the server ends without having been asked to; says so.
    pub async fn failure(&self) -> String {
        super::servers::heard(self.fallen.clone()).await
    }

    async fn ready(&self, seat: &Seat) -> anyhow::Result<()> {
        let options = PgConnectOptions::from_str(&self.url)?.disable_statement_logging();
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let error = match options.connect().await {
                Ok(connection) => return connection.close().await.context("PostgreSQL hung up"),
                Err(error) => error,
            };
            seat.check_alive()?;
            if Instant::now() > deadline {
                bail!("PostgreSQL does not answer: {error}\n{}", seat.log_tail());
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// A path as the value of a URL's parameter.
fn escape(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    Ok(text
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect())
}
