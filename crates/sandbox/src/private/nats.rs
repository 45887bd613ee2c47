//! A private NATS server with JetStream: its store lies in the data folder, its port is remembered
//! there.

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::place::hash;
use super::seat::Seat;
use super::servers::data_folder;

/// Streams are read back before the server answers.
const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
const GENTLE: (Signal, Duration) = (Signal::SIGTERM, Duration::from_secs(10));
/// Below the ports that Linux lends to outgoing connections: a client that keeps dialling a stopped
/// server on such a port can end up connected to itself, and the server then never gets its port
/// back.
const PORTS: std::ops::Range<u16> = 21_000..31_000;
/// Another process may take a port between our look and the server's.
const PORT_ATTEMPTS: u16 = 20;

/// A running private nats-server. Dropping it stops it; [`Nats::stop`] stops it and waits.
pub struct Nats {
    url: String,
    port: u16,
    program: PathBuf,
    fallen: watch::Receiver<Option<String>>,
    seat: Mutex<Seat>,
}

impl Nats {
    /// Starts the server of the data folder `dir`, on the port it had before or on a free one.
    /// Returns when it has answered a connection.
    ///
    /// # Errors
    /// nats-server is not installed, another process uses the folder, or the server does not come
    /// up; the error carries the end of its log.
    pub async fn start(dir: &Path) -> anyhow::Result<Self> {
        let dir = data_folder(dir)?;
        let program = super::programs::nats(&dir)?;
        let mut seat = Seat::take(&dir, "nats").await?;
        let memory = dir.join("nats.port");
        let remembered = fs::read_to_string(&memory).ok().and_then(|text| text.trim().parse().ok());
        let mut tried = None;
        for port in candidates(&dir, remembered) {
            match serve(&mut seat, &program, port).await {
                Ok(()) => {
                    fs::write(&memory, port.to_string())?;
                    let url = format!("nats://127.0.0.1:{port}");
                    let fallen = seat.fallen();
                    return Ok(Self { url, port, program, fallen, seat: Mutex::new(seat) });
                }
                Err(error) => tried = Some(error),
            }
            seat.clear(&[GENTLE]).await?;
            if seat.log_tail().contains("address already in use") {
                continue;
            }
            break;
        }
        Err(tried.unwrap_or_else(|| anyhow::anyhow!("no port is free on the loopback address")))
    }

    /// Where clients connect; the same after every restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id of the server, if it runs.
    pub async fn pid(&self) -> Option<u32> {
        self.seat.lock().await.pid()
    }

    /// Stops the server and waits for its end.
    ///
    /// # Errors
    /// The process does not end.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.halt().await
    }

    /// Stops the server and starts it again, with its streams.
    ///
    /// # Errors
    /// As [`Nats::start`]; the port must still be free.
    pub async fn restart(&self) -> anyhow::Result<()> {
        self.halt().await?;
        self.resume().await
    }

    /// Stops the server, deletes everything it has stored, and starts it again empty.
    ///
    /// # Errors
    /// As [`Nats::restart`].
    pub async fn wipe_and_restart(&self) -> anyhow::Result<()> {
        self.halt().await?;
        let store = store(&*self.seat.lock().await);
        fs::remove_dir_all(&store).with_context(|| format!("cannot delete {}", store.display()))?;
        self.resume().await
    }

    /// Stops the server for a while; [`Nats::resume`] starts it again on the same port.
    ///
    /// # Errors
    /// The process does not end.
    pub async fn halt(&self) -> anyhow::Result<()> {
        self.seat.lock().await.clear(&[GENTLE]).await
    }

    /// Kills the server (SIGKILL) as a crash would.
    ///
    /// # Errors
    /// The process does not end.
    pub async fn kill(&self) -> anyhow::Result<()> {
        self.seat.lock().await.clear(&[]).await
    }

    /// Starts the server after [`Nats::halt`] or [`Nats::kill`]; nothing to do if it runs.
    ///
    /// # Errors
    /// As [`Nats::restart`].
    pub async fn resume(&self) -> anyhow::Result<()> {
        let mut seat = self.seat.lock().await;
        if seat.check_alive().is_ok() {
            return Ok(());
        }
        serve(&mut seat, &self.program, self.port).await
    }

    /// Waits until the server ends without having been asked to; says so.
    pub async fn failure(&self) -> String {
        super::servers::heard(self.fallen.clone()).await
    }
}

fn store(seat: &Seat) -> PathBuf {
    seat.place.path.join("jetstream")
}

/// The remembered port first, then a walk that starts at a place of this folder's own, so that
/// servers of different folders seldom meet.
fn candidates(dir: &Path, remembered: Option<u16>) -> impl Iterator<Item = u16> {
    let span = u64::from(PORTS.end - PORTS.start);
    let first = hash(dir) % span;
    let walk = (0..span).map(move |step| PORTS.start + ((first + step) % span) as u16);
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    remembered.into_iter().chain(walk).filter(free).take(usize::from(PORT_ATTEMPTS))
}

async fn serve(seat: &mut Seat, program: &Path, port: u16) -> anyhow::Result<()> {
    // A name of this start's own: an answer under another name comes from a stranger on our port.
    let name = format!("usher-{}", Uuid::now_v7());
    let mut args: Vec<OsString> =
        ["-a", "127.0.0.1", "-p", &port.to_string(), "-n", &name].map(OsString::from).into();
    // The server puts a folder `jetstream` into the one it is given.
    args.extend(["-js".into(), "-sd".into(), seat.place.path.clone().into_os_string()]);
    seat.spawn(program, &args, Signal::SIGTERM).await?;
    let deadline = Instant::now() + READY_WITHIN;
    while !answers(port, &name).await {
        seat.check_alive()?;
        if Instant::now() > deadline {
            bail!("nats-server does not answer on port {port}:\n{}", seat.log_tail());
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Whether the server called `name` greets on `port`: its first line is `INFO {"server_name":...}`.
async fn answers(port: u16, name: &str) -> bool {
    let greeting = async {
        let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await?;
        std::io::Result::Ok(line)
    };
    let Ok(Ok(line)) = timeout(ANSWER_WITHIN, greeting).await else {
        return false;
    };
    line.starts_with("INFO ") && line.contains(name)
}
