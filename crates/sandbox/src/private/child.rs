//! One running server process: started by a thread that lives exactly as long as it does.

use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};

/// Where a server's unasked end is reported, in words for the user.
pub(super) type Fallen = watch::Sender<Option<String>>;

/// A server process, in a process group of its own so that Ctrl-C in a terminal does not reach it.
pub(super) struct Child {
    pid: Pid,
    death: Signal,
    asked: Arc<AtomicBool>,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Child {
    /// Starts `command`, which dies by `death` when we do; an end nobody asked for is reported to
    /// `fallen`.
    ///
    /// The death signal follows the *thread* that forked, and runtime threads come and go: hence a
    /// thread per child, which waits for its child and for nothing else.
    pub(super) async fn spawn(
        name: &'static str,
        mut command: Command,
        death: Signal,
        fallen: Fallen,
    ) -> anyhow::Result<Self> {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
        let asked = Arc::new(AtomicBool::new(false));
        let asked_here = asked.clone();
        let (tell_end, ended) = watch::channel(None);
        let (tell_start, started) = oneshot::channel();
        std::thread::Builder::new().name(format!("private-{name}")).spawn(move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => return drop(tell_start.send(Err(error))),
            };
            let pid = Pid::from_raw(child.id().cast_signed());
            if tell_start.send(Ok(pid)).is_err() {
                // The start was given up: nobody else could stop this child.
                let _ = kill(pid, Signal::SIGKILL);
            }
            let status = child.wait().unwrap_or_default();
            if !asked_here.load(Ordering::SeqCst) {
                fallen.send_replace(Some(format!(
                    "the private {name} server ended by itself ({status})"
                )));
            }
            tell_end.send_replace(Some(status));
        })?;
        let pid = started.await.map_err(|_| anyhow!("the thread that starts {name} has died"))?;
        let pid =
            pid.with_context(|| format!("cannot start {name} through setpriv: run `make deps`"))?;
        Ok(Self { pid, death, asked, ended })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw().cast_unsigned()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// Asks the process to end; its end counts as wished from now on.
    pub(super) fn signal(&self, signal: Signal) {
        self.asked.store(true, Ordering::SeqCst);
        if !self.has_ended() {
            let _ = kill(self.pid, signal);
        }
    }

    /// Waits for the end of the process, at most for `patience`; whether it has ended.
    pub(super) async fn ended_within(&self, patience: Duration) -> bool {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some);
        matches!(tokio::time::timeout(patience, end).await, Ok(Ok(_)))
    }
}

impl Drop for Child {
    /// A server that was not stopped is told to end at once; whoever starts the next one waits for
    /// it.
    fn drop(&mut self) {
        self.signal(self.death);
    }
}
