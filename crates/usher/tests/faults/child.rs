//! One process of `usher dev`, which never outlives the test.

use std::{
    fs::File,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{ChildStdout, Command},
    time::timeout,
};

use crate::moments::Moment;

/// How long a process may take to whatever end. After a kill it waits for leases of half a minute and more.
const PATIENCE: Duration = Duration::from_secs(300);

/// A running process.
pub(crate) struct Child {
    process: tokio::process::Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts `usher` with these arguments; what it logs is added to `log`.
    ///
    /// It is killed with this thread, on which the test's runtime runs: even a killed test leaves nothing behind.
    pub(crate) fn start(args: &[&str], env: &[(&str, &str)], log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).expect("the log opens");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_usher")]).args(args);
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("USHER_")) {
            command.env_remove(key);
        }
        let command = command.envs(env.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.stderr(log).kill_on_drop(true).spawn().expect("usher starts");
        let said = BufReader::new(process.stdout.take().expect("is piped")).lines();
        Self { process, said }
    }

    /// Waits for the line that says that everything answers.
    ///
    /// # Errors
    /// The end of the process before it.
    pub(crate) async fn ready(&mut self) -> Result<(), String> {
        let spoke = async {
            while let Some(line) = self.said.next_line().await.map_err(|e| e.to_string())? {
                if line.starts_with("ready http://") {
                    return Ok(());
                }
            }
            Err("the process ended before it was ready".to_owned())
        };
        timeout(PATIENCE, spoke)
            .await
            .map_err(|_| "the process does not become ready".to_owned())?
    }

    /// Kills it at the moment, with nothing that it could notice before; its end, if that came sooner.
    ///
    /// # Errors
    /// It does not become ready, or neither ends nor dies.
    pub(crate) async fn kill_at(mut self, moment: Moment) -> Result<Option<ExitStatus>, String> {
        let delay = match moment {
            Moment::OfStart(delay) => delay,
            Moment::OfWork(delay) => {
                self.ready().await?;
                delay
            }
        };
        // The random moment itself is the one thing here that is waited for by the clock.
        if let Ok(ended) = timeout(delay, self.end()).await {
            return ended.map(Some);
        }
        self.signal(Signal::SIGKILL);
        let ended = self.end().await?;
        Ok((ended.signal() != Some(Signal::SIGKILL as i32)).then_some(ended))
    }

    /// Asks it to stop, and waits for its end.
    ///
    /// # Errors
    /// It does not end.
    pub(crate) async fn stop(mut self) -> Result<ExitStatus, String> {
        self.signal(Signal::SIGTERM);
        self.end().await
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It does not end.
    pub(crate) async fn end(&mut self) -> Result<ExitStatus, String> {
        let ended = async {
            // Read to the end, or a full pipe would hold it up.
            while let Ok(Some(_)) = self.said.next_line().await {}
            self.process.wait().await.map_err(|failure| failure.to_string())
        };
        let late = || format!("the process did not end in {PATIENCE:?}");
        timeout(PATIENCE, ended).await.map_err(|_| late())?
    }

    fn signal(&self, signal: Signal) {
        let pid = self.process.id().and_then(|id| i32::try_from(id).ok());
        // One that has ended already is not waited for yet, so its id is still its own.
        pid.map(|pid| kill(Pid::from_raw(pid), signal));
    }
}
