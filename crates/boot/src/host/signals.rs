//! The signals that ask a process to end.

use std::{io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Host;

/// What shells report for a process ended by SIGINT.
const INTERRUPTED: i32 = 130;

impl Host {
    /// Heeds SIGINT and SIGTERM from now on: the first one stops the host, one that comes while
    /// it is stopping kills it, and one after that ends the process where it stands.
    ///
    /// Call it before the start has effects that need cleaning up, and let the start watch
    /// [`Host::stopping`]. It belongs to the process: hosts of tests do without it.
    /// Fails only where signals cannot be listened to. Must be called inside a tokio runtime.
    pub fn heed_signals(&self) -> io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let host = self.clone();
        // Not one of the host's tasks: it outlives them, for a drain heeds signals too.
        tokio::spawn(async move {
            loop {
                let name = either(&mut interrupt, &mut terminate).await;
                if !host.is_stopping() {
                    tracing::info!(signal = name, "asked to stop");
                    host.stop();
                } else if !host.is_killed() {
                    tracing::warn!(signal = name, "asked again: not waiting any longer");
                    host.kill();
                } else {
                    process::exit(INTERRUPTED);
                }
            }
        });
        Ok(())
    }
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}
