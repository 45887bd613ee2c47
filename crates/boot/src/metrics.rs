//! Metrics: the one Prometheus recorder of the process, and its page.

use std::{sync::OnceLock, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::Host;

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// How often old samples are folded away; without it memory grows between scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds, in seconds, of every histogram whose name ends in `_seconds`: from an in-process
/// call to a job that took minutes.
const SECONDS: [f64; 16] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0,
    600.0,
];

/// The recorder of this process; the first call installs it.
///
/// There is one per process whatever the number of services in it: label by service.
pub fn handle() -> &'static PrometheusHandle {
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .with_recommended_naming(true)
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .expect("the list of buckets is not empty")
            .build_recorder();
        let handle = recorder.handle();
        // Where another recorder was installed first, this page stays empty.
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder was installed first");
        }
        handle
    })
}

/// The Prometheus page.
pub fn render() -> String {
    handle().render()
}

/// Installs the recorder and keeps it tidy for as long as `host` lives.
pub fn start(host: &Host) {
    let handle = handle();
    host.spawn("metrics upkeep", async move |stop| {
        let mut tick = tokio::time::interval(UPKEEP);
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            handle.run_upkeep();
        }
        Ok(())
    });
}
