//! `usher run [services…]`.

use std::time::Duration;

use boot::{Host, Telemetry};
use clap::Args;
use kernel::Clock;

use crate::{
    out,
    platform::{self, Ground, Part, Settings},
};

/// How long the advice of a check (NATS is away) holds back the word that the process is ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// Run services: all of them, or only those named.
///
/// One process or thirty: the code, the calls and the facts are the same. Parts outside this process are found by
/// --peers and believed by --keys-dir.
#[derive(Debug, Args)]
pub struct Run {
    /// The parts to run here; all unless named.
    pub parts: Vec<Part>,
    /// Every setting.
    #[command(flatten)]
    pub settings: Settings,
}

/// Runs until asked to stop.
///
/// # Errors
/// A setting that is missing or wrong, a port that is taken, or a part that died.
pub async fn run(args: Run) -> anyhow::Result<u8> {
    let settings = args.settings;
    let telemetry = Telemetry::install(&settings.boot, "usher");
    let host = Host::default();
    host.heed_signals()?;
    let parts = if args.parts.is_empty() { Part::ALL.to_vec() } else { args.parts };
    let (drain, stopping) = (settings.boot.drain(), host.stopping());
    let ground = Ground { settings, parts, clock: Clock::system(), pages: axum::Router::new() };
    let started = platform::start(ground, &host).await;
    let ended = match started {
        Ok(platform) => {
            tokio::select! {
                () = platform.answers(PATIENCE) => {}
                () = stopping.cancelled() => {}
            }
            let _ = out::line(format_args!("ready http://{}", platform.public));
            host.run(drain).await.into_result()
        }
        Err(failure) => Err(failure),
    };
    telemetry.shutdown();
    ended.map(|()| 0)
}
