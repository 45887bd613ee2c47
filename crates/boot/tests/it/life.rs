//! A whole process of the smallest kind, which other tests start as a child.
//!
//! The child is this test binary running one ignored test, so that no second binary is needed.

use std::{ffi::OsString, future::pending, net::SocketAddr, process};

use axum::routing::get;
use boot::{Config, Door, Health, Host, Listener, Telemetry, listen, metrics};
use clap::Parser;
use opentelemetry::trace::TraceContextExt;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The flags of the child, separated by blanks.
pub(crate) const FLAGS: &str = "LIFE_FLAGS";

/// The name of the test that is the child.
pub(crate) const NAME: &str = "life::a_process_of_the_smallest_kind";

/// Lives and ends.
#[derive(Debug, Parser)]
#[command(name = "life")]
struct Cli {
    #[command(flatten)]
    config: Config,

    /// What the one background task does.
    #[arg(long, env = "LIFE_TASK", default_value = "heed")]
    task: String,
}

#[test]
#[ignore = "a child process of other tests"]
fn a_process_of_the_smallest_kind() {
    let Ok(flags) = std::env::var(FLAGS) else {
        return;
    };
    let argv = std::iter::once("life").chain(flags.split_whitespace()).map(OsString::from);
    let cli: Cli = boot::config::parse(argv).unwrap_or_else(|error| error.exit());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let code = match runtime.block_on(live(cli)) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("error: {error:#}");
            1
        }
    };
    // Not a return: the test harness would report on standard output.
    process::exit(code);
}

async fn live(cli: Cli) -> anyhow::Result<()> {
    let config = cli.config;
    boot::crypto::install();
    let telemetry = Telemetry::install(&config, "life");
    // A second one is inert: dropping it must not end what the first one does.
    drop(Telemetry::install(&config, "another"));
    let host = Host::new();
    host.heed_signals()?;
    config.master_key()?;
    let public = Listener::bind(Door::Public, config.listen).await?;
    let address: SocketAddr = public.address();
    metrics::start(&host);
    let health = Health::new(&host);
    listen::serve(public, health.routes().route("/", get(work)), &host);
    host.spawn("the task", async move |stop| match cli.task.as_str() {
        "deaf" => pending().await,
        "panic" => panic!("as told"),
        _ => {
            stop.cancelled().await;
            Ok(())
        }
    });
    let database = config.database_url().map_or("missing", |_| "given");
    println!("database {database}");
    println!("ready http://{address}");
    let ended = host.run(config.drain()).await;
    telemetry.shutdown();
    ended.into_result()
}

/// Answers with the trace id of the request's span.
#[tracing::instrument(name = "life.work", skip_all, fields(tenant.id = "t-1"))]
async fn work() -> String {
    tracing::info!("working");
    let context = tracing::Span::current().context();
    context.span().span_context().trace_id().to_string()
}
