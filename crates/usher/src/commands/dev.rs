//! `usher dev`: everything on this machine, with nothing to install first.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Context;
use boot::{Host, Telemetry};
use clap::Args;
use kernel::Clock;
use sandbox::{Sandbox, private::Servers};
use secrecy::SecretString;

use crate::{
    api::{Api, Running},
    commands::onboard::{Strictness, bring},
    dev::{self, Seeded},
    onboard::Format,
    out,
    platform::{self, Ground, Part, Settings},
};

/// The clients that `--sample` brings to `active`.
const SAMPLE: &[u8] = include_bytes!("../../../../deploy/sample-clients.csv");

/// Run everything on this machine with nothing to install first.
///
/// Unless DATABASE_URL and NATS_URL name real servers, private ones are started in the data folder. Prints
/// `ready http://127.0.0.1:PORT` when everything answers, and stops all of it on Ctrl-C or when it is killed.
#[derive(Debug, Args)]
pub struct Dev {
    /// Port of the public listener on loopback; 0 takes a free one.
    #[arg(long, env = "USHER_PORT", default_value_t = 8080)]
    pub port: u16,
    /// Folder that keeps databases, keys and the sandbox's memory.
    #[arg(long, env = "USHER_DATA", value_name = "DIR", default_value = ".data")]
    pub data: PathBuf,
    /// Start no stand-ins: mail goes to --smtp-url, provisioning to --legacy-url.
    #[arg(long, env = "USHER_NO_SANDBOX")]
    pub no_sandbox: bool,
    /// JSON file that configures the stand-ins: latency, faults, scripts.
    #[arg(long, env = "USHER_SANDBOX_CONFIG", value_name = "FILE")]
    pub sandbox_config: Option<PathBuf>,
    /// Run the main job once on the sample clients.
    #[arg(long, env = "USHER_SAMPLE")]
    pub sample: bool,
    /// Stop after --sample; the exit code is 0 only if every good row became active.
    #[arg(long, env = "USHER_EXIT", requires = "sample")]
    pub exit: bool,
    /// Every setting.
    #[command(flatten)]
    pub settings: Settings,
}

/// Runs until asked to stop, or through the sample with `--exit`.
///
/// # Errors
/// A server that does not start, a port that is taken, a setting that is wrong, or a part that died.
pub async fn dev(args: Dev) -> anyhow::Result<u8> {
    let telemetry = Telemetry::install(&args.settings.boot, "usher");
    let host = Host::default();
    host.heed_signals()?;
    std::fs::create_dir_all(&args.data)
        .with_context(|| format!("cannot make {}", args.data.display()))?;
    let outcome = with_servers(&args, &host).await;
    telemetry.shutdown();
    outcome
}

async fn with_servers(args: &Dev, host: &Host) -> anyhow::Result<u8> {
    let given = |url: &Option<boot::SecretArg>| url.as_ref().map(|url| url.expose().to_owned());
    let boot = &args.settings.boot;
    let servers =
        Servers::find_or_start(given(&boot.database_url), given(&boot.nats_url), &args.data)
            .await?;
    let mut settings = args.settings.clone();
    settings.boot.database_url = Some(servers.database_url().into());
    settings.boot.nats_url = Some(servers.nats_url().into());
    settings.boot.listen = SocketAddr::from(([127, 0, 0, 1], args.port));
    if !args.no_sandbox {
        // All invitees that the sandbox plays come from one address.
        settings.gateway.limit_accept = 0;
    }
    // One process on one machine: a lease that ran out means that it was killed and started again.
    settings.job_lease_seconds = settings.job_lease_seconds.min(6);
    dev::keep_master_key(&mut settings, &args.data)?;
    let outcome = tokio::select! {
        outcome = with_sandbox(args, settings, host) => outcome,
        said = servers.failure() => Err(anyhow::anyhow!(said)),
    };
    host.drain(Duration::from_secs(5)).await;
    servers.stop().await?;
    outcome
}

async fn with_sandbox(args: &Dev, mut settings: Settings, host: &Host) -> anyhow::Result<u8> {
    let sandbox = if args.no_sandbox { None } else { Some(dev::sandbox(args).await?) };
    if let Some(sandbox) = &sandbox {
        dev::point_at(&mut settings, sandbox);
    }
    pg::migrate(&platform::access(&settings)?).await?;
    let outcome = serve(args, settings, sandbox.as_ref(), host).await;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    outcome
}

async fn serve(
    args: &Dev,
    settings: Settings,
    sandbox: Option<&Sandbox>,
    host: &Host,
) -> anyhow::Result<u8> {
    let drain = settings.boot.drain();
    let pages = sandbox.map_or_else(axum::Router::new, |sandbox| {
        axum::Router::new().nest("/sandbox", sandbox.pages())
    });
    let ground = Ground { settings, parts: Part::ALL.to_vec(), clock: Clock::system(), pages };
    let platform = platform::start(ground, host).await?;
    let mesh =
        platform.operator.as_ref().context("all parts run here, so the operator's key does too")?;
    let url = format!("http://{}", platform.public);
    let admin_url = format!("http://{}", platform.admin);
    let known = Running::read(&args.data).ok().and_then(|running| running.token);
    let Seeded { token, link } = dev::seed(mesh, &url, known).await?;
    let running = Running { url, admin_url, sandbox: sandbox.is_some(), token: Some(token) };
    dev::write_running(&args.data, &running)?;
    platform.answers(Duration::from_secs(10)).await;
    // A platform goes on although nobody reads what it says.
    let _ = out::line(format_args!("ready {}", running.url));
    eprintln!("console {link}");
    eprintln!(
        "admin   {} (metrics, health{})",
        running.admin_url,
        if running.sandbox { ", /sandbox" } else { "" }
    );
    let code = if args.sample { sample(args, &running, host).await? } else { 0 };
    if args.sample && args.exit {
        host.stop();
    }
    host.run(drain).await.into_result().map(|()| code)
}

/// Runs the main job on the sample clients, unless the host is asked to stop meanwhile.
async fn sample(args: &Dev, running: &Running, host: &Host) -> anyhow::Result<u8> {
    let sandbox = running.sandbox.then(|| running.admin_url.clone());
    let token = running.token.clone().map(SecretString::from);
    let api = Api::new(running.url.clone(), token, sandbox)?;
    let wait = Duration::from_secs(if args.exit { 600 } else { 86_400 });
    let job = bring(&api, SAMPLE, None, Strictness::Lenient, Format::Table, wait);
    let stopping = host.stopping();
    tokio::select! {
        code = job => {
            if !args.exit {
                eprintln!("Usher stays up at {}; Ctrl-C stops it.", running.url);
            }
            code
        }
        () = stopping.cancelled() => Ok(1),
    }
}
