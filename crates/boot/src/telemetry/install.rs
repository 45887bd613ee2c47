//! Installing telemetry once per process, and flushing it on every way out.

use std::{env, io, io::IsTerminal, panic, sync::OnceLock};

use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Metadata, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt, Targets, filter_fn},
    layer::{Filter, SubscriberExt},
};

use super::{json::JsonLines, traces::Traces};
use crate::config::{Config, LogFormat};

static INSTALLED: OnceLock<()> = OnceLock::new();

/// Keeps telemetry alive; sends what is buffered when it is shut down or dropped.
///
/// The first one of a process does the work. Later ones are inert, so that several platforms may
/// start in one test process.
#[must_use = "dropping it ends the export of traces"]
pub struct Telemetry {
    traces: Option<Traces>,
}

impl Telemetry {
    /// Installs logs, traces and the W3C trace context propagator, and names this process
    /// `service_name` in traces.
    ///
    /// Spans get trace ids with or without a collector, so that the context travels on.
    /// A collector that cannot be used is reported as an error in the log; it stops nothing.
    pub fn install(config: &Config, service_name: &str) -> Self {
        if INSTALLED.set(()).is_err() {
            return Self { traces: None };
        }
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        let (traces, problem) = Traces::start(config, service_name);
        let subscriber = Registry::default()
            .with(
                tracing_opentelemetry::layer()
                    .with_tracer(traces.tracer())
                    .with_threads(false)
                    .with_filter(traced_spans()),
            )
            .with(logs(config));
        if tracing::subscriber::set_global_default(subscriber).is_err() {
            traces.shutdown();
            return Self { traces: None };
        }
        log_panics(config.log_format());
        if let Some(error) = problem {
            tracing::error!(error = %error, "traces are not exported: USHER_OTLP_ENDPOINT is not usable");
        }
        Self { traces: Some(traces) }
    }

    /// Sends what is buffered, waiting at most 5 seconds. It blocks: call it last.
    pub fn shutdown(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(traces) = self.traces.take() {
            traces.shutdown();
        }
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.end();
    }
}

type Logs<S> = Box<dyn Layer<S> + Send + Sync>;

fn logs<S>(config: &Config) -> Logs<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let filter = written_logs(config);
    match config.log_format() {
        LogFormat::Json => JsonLines::new(io::stderr).with_filter(filter).boxed(),
        LogFormat::Pretty => tracing_subscriber::fmt::layer()
            .compact()
            .with_ansi(io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none())
            .with_writer(io::stderr)
            .with_filter(filter)
            .boxed(),
    }
}

/// The filter speaks of log lines. Spans pass whatever it says, because a warning without the
/// request and tenant around it is of little use.
fn written_logs<S>(config: &Config) -> impl Filter<S> + use<S> {
    let spans = filter_fn(|metadata: &Metadata<'_>| {
        metadata.is_span() && *metadata.level() <= LevelFilter::INFO
    });
    // The hint lets a disabled debug! cost one comparison.
    let spans = spans.with_max_level_hint(LevelFilter::INFO);
    EnvFilter::new(config.log_filter.as_str()).or(spans)
}

/// Spans of our own work are traced whatever is logged. Those of the transport are not: the
/// exporter itself would be traced by them.
fn traced_spans() -> Targets {
    Targets::new().with_default(LevelFilter::INFO).with_targets(
        ["h2", "hyper", "hyper_util", "tonic", "tower", "reqwest", "rustls", "opentelemetry"]
            .map(|target| (target, LevelFilter::OFF)),
    )
}

/// A panic becomes one line of the log, so that a stream of JSON stays one.
fn log_panics(format: LogFormat) {
    if format == LogFormat::Pretty {
        return;
    }
    panic::set_hook(Box::new(|info| {
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload_as_str().unwrap_or("a panic without a text");
        tracing::error!(panic.location = location, panic.message = message, "a thread panicked");
    }));
}
