//! One process of `usher`, which never outlives the measurement.

use std::{fs, fs::File, path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{ChildStdout, Command},
    time::{Instant, timeout},
};

/// How long a start or an end may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lines of its log that an error shows.
const LOG_TAIL: usize = 12;

/// A running process that answers.
#[derive(Debug)]
pub(crate) struct Child {
    process: tokio::process::Child,
    said: Lines<BufReader<ChildStdout>>,
    /// Where it answers, without a slash at the end.
    pub(crate) url: String,
    /// From its start to its word that it is ready.
    pub(crate) took: Duration,
}

impl Child {
    /// Starts `binary` with a clean environment and `env`, and waits until it says that it is ready.
    ///
    /// It is killed with the thread that starts it, which must be the one that lives longest: even a killed measurement
    /// leaves nothing behind.
    ///
    /// # Errors
    /// It ends or stays silent; the error carries the end of its log.
    pub(crate) async fn start(
        binary: &Path,
        args: &[&str],
        env: &[(&str, String)],
        log: &Path,
    ) -> Result<Self> {
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(binary)
            .args(args)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .envs(env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .kill_on_drop(true);
        let begun = Instant::now();
        let mut process = command.spawn().context("cannot run setpriv: run `make deps`")?;
        let output = process.stdout.take().context("its output is piped")?;
        let mut said = BufReader::new(output).lines();
        let ready = async {
            while let Ok(Some(line)) = said.next_line().await {
                if let Some(url) = line.strip_prefix("ready ") {
                    return Some(url.to_owned());
                }
            }
            None
        };
        let Ok(Some(url)) = timeout(PATIENCE, ready).await else {
            bail!("`usher {}` does not become ready:\n{}", args.join(" "), tail(log));
        };
        Ok(Self { process, said, url, took: begun.elapsed() })
    }

    /// Its process id.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) fn id(&self) -> Result<u32> {
        self.process.id().context("usher has ended by itself")
    }

    /// Asks it to stop, and waits for its end.
    ///
    /// # Errors
    /// It does not end.
    pub(crate) async fn stop(mut self) -> Result<()> {
        kill(Pid::from_raw(self.id()?.cast_signed()), Signal::SIGTERM)?;
        let end = async {
            // Read to the end, or a full pipe would hold it up.
            while let Ok(Some(_)) = self.said.next_line().await {}
            self.process.wait().await
        };
        timeout(PATIENCE, end).await.context("usher does not end")??;
        Ok(())
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
}
