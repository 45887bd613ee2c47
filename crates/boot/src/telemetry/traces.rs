//! Traces: ids always, export to a collector when there is one.

use std::time::Duration;

use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig, WithTonicConfig,
    tonic_types::transport::ClientTlsConfig,
};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use tokio::runtime::{Builder, Runtime};

use crate::config::{Config, OtlpEndpoint};

/// How long leaving the process may wait for the collector.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// The source of spans, and the thread that sends them.
pub(super) struct Traces {
    provider: SdkTracerProvider,
    /// The exporter's own runtime: it still sends while the process's runtime is blocked in
    /// shutdown, or already gone.
    runtime: Option<Runtime>,
}

impl Traces {
    /// Starts tracing; when the exporter cannot be built, without it and with the reason.
    pub(super) fn start(config: &Config, service_name: &str) -> (Self, Option<String>) {
        let resource = Resource::builder()
            .with_service_name(service_name.to_owned())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder().with_resource(resource);
        // Without a collector, spans carry ids but record nothing, which is cheap; what a caller
        // decided about its own trace is passed on.
        let silent = Sampler::ParentBased(Box::new(Sampler::AlwaysOff));
        let Some(endpoint) = &config.otlp_endpoint else {
            return (Self { provider: provider.with_sampler(silent).build(), runtime: None }, None);
        };
        match exporter(endpoint) {
            Ok((runtime, exporter)) => {
                let ratio = Sampler::TraceIdRatioBased(config.trace_ratio.get());
                let provider = provider
                    .with_sampler(Sampler::ParentBased(Box::new(ratio)))
                    .with_batch_exporter(exporter)
                    .build();
                (Self { provider, runtime: Some(runtime) }, None)
            }
            Err(error) => {
                let provider = provider.with_sampler(silent).build();
                (Self { provider, runtime: None }, Some(error.to_string()))
            }
        }
    }

    /// Where spans come from.
    pub(super) fn tracer(&self) -> SdkTracer {
        self.provider.tracer("usher")
    }

    /// Sends what is buffered and ends the export.
    pub(super) fn shutdown(self) {
        if let Err(error) = self.provider.shutdown_with_timeout(FLUSH_TIMEOUT) {
            tracing::warn!(error = %error, "the last traces may not have reached the collector");
        }
        if let Some(runtime) = self.runtime {
            // Not a plain drop: that would panic inside an asynchronous caller.
            runtime.shutdown_background();
        }
    }
}

fn exporter(endpoint: &OtlpEndpoint) -> Result<(Runtime, SpanExporter), ExporterBuildError> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("traces")
        .enable_all()
        .build()
        .map_err(|error| ExporterBuildError::InternalFailure(error.to_string()))?;
    let built = {
        let _inside = runtime.enter();
        let builder = SpanExporter::builder().with_tonic().with_endpoint(endpoint.as_str());
        if endpoint.is_tls() {
            // The default trusts nobody; this trusts whom the machine trusts.
            builder.with_tls_config(ClientTlsConfig::new().with_native_roots()).build()
        } else {
            builder.build()
        }
    };
    match built {
        Ok(exporter) => Ok((runtime, exporter)),
        Err(error) => {
            runtime.shutdown_background();
            Err(error)
        }
    }
}
