//! A server's seat: its folder, its claim on it, its log and the process that sits there now.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use tokio::sync::watch;

use super::child::{Child, Fallen};
use super::claim::Claim;
use super::place::Place;

/// Lines of the server's log that an error shows.
const LOG_TAIL: usize = 12;

/// What PostgreSQL and NATS have in common.
pub(super) struct Seat {
    pub(super) place: Place,
    name: &'static str,
    claim: Claim,
    log: PathBuf,
    fallen: Fallen,
    child: Option<Child>,
}

impl Seat {
    /// Claims the folder `name` in `dir`, after the processes of an earlier server there have gone.
    pub(super) async fn take(dir: &Path, name: &'static str) -> anyhow::Result<Self> {
        let claim = Claim::take(dir, name).await?;
        let place = Place::open(dir, name)?;
        let log = dir.join(format!("{name}.log"));
        Ok(Self { place, name, claim, log, fallen: watch::Sender::new(None), child: None })
    }

    /// Hears when the server ends without being asked to.
    pub(super) fn fallen(&self) -> watch::Receiver<Option<String>> {
        self.fallen.subscribe()
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::pid)
    }

    /// Starts `program` in the seat. `death` is what it gets when this process dies.
    pub(super) async fn spawn(
        &mut self,
        program: &Path,
        args: &[OsString],
        death: Signal,
    ) -> anyhow::Result<()> {
        let log = self.fresh_log()?;
        let mut command = self.place.account.command(program, &self.place.path, death);
        command.args(args).stdin(self.claim.stdin()?).stdout(log.try_clone()?).stderr(log);
        self.child = Some(Child::spawn(self.name, command, death, self.fallen.clone()).await?);
        Ok(())
    }

    /// Runs `program` to its end, as the server's account and under its lock.
    ///
    /// # Errors
    /// It cannot start or fails; the error carries what it said.
    pub(super) async fn run(&self, program: &Path, args: &[OsString]) -> anyhow::Result<()> {
        let mut command = self.place.account.command(program, &self.place.path, Signal::SIGKILL);
        command.args(args).stdin(self.claim.stdin()?);
        let output = tokio::task::spawn_blocking(move || command.output()).await?;
        let output = output.context("cannot run setpriv: run `make deps`")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{} failed ({}): {}", program.display(), output.status, said.trim());
        }
        Ok(())
    }

    /// Fails with the end of the server's log if its process has ended.
    pub(super) fn check_alive(&self) -> anyhow::Result<()> {
        match &self.child {
            Some(child) if !child.has_ended() => Ok(()),
            _ => bail!("the {} server has ended:\n{}", self.name, self.log_tail()),
        }
    }

    /// Ends the process: each signal in turn, each with its patience, and SIGKILL at last.
    /// Returns when no process of the server is left.
    pub(super) async fn clear(&mut self, signals: &[(Signal, Duration)]) -> anyhow::Result<()> {
        if let Some(child) = self.child.take() {
            let last = (Signal::SIGKILL, Duration::from_secs(10));
            for (signal, patience) in signals.iter().chain([&last]) {
                child.signal(*signal);
                if child.ended_within(*patience).await {
                    break;
                }
            }
        }
        self.fallen.send_replace(None);
        self.claim.settle().await
    }

    /// The last lines the server wrote.
    pub(super) fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
    }

    /// The log of this run; the one of the run before is kept beside it.
    fn fresh_log(&self) -> anyhow::Result<File> {
        let _ = fs::rename(&self.log, self.log.with_extension("log.old"));
        File::create(&self.log).with_context(|| format!("cannot write {}", self.log.display()))
    }
}
