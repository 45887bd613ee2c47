//! How much a worker takes on, and in which tempo.

use std::time::Duration;

/// How much a worker takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most attempts at a time in this worker.
    pub concurrency: usize,
    /// Most attempts at a time of one tenant, over all workers of the service.
    pub per_tenant: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { concurrency: 32, per_tenant: 8 }
    }
}

/// The tempo of a worker. A dead worker's runs are taken up within `lease` + `sweep`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a lease holds without being renewed.
    pub lease: Duration,
    /// Between two renewals; a third of the lease lets one fail.
    pub renew: Duration,
    /// Between two looks for leases that ran out.
    pub sweep: Duration,
    /// Shortest pause between two looks for ready runs.
    pub poll_min: Duration,
    /// Longest pause between two looks for ready runs.
    pub poll_max: Duration,
    /// How long a run goes on from step to step before its place is free for others; an attempt under way ends first.
    pub tenure: Duration,
}

impl Pace {
    /// A pace whose leases hold for `lease`: a killed worker's runs are taken up that much later.
    #[must_use]
    pub fn of_lease(lease: Duration) -> Self {
        Self { lease, renew: lease / 3, sweep: lease / 6, ..Self::default() }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            renew: Duration::from_secs(10),
            sweep: Duration::from_secs(5),
            poll_min: Duration::from_millis(25),
            poll_max: Duration::from_secs(1),
            tenure: Duration::from_millis(100),
        }
    }
}

/// Somewhere between half of `span` and all of it, so that processes do not fall into step.
pub(super) fn jittered(span: Duration) -> Duration {
    span.mul_f64(0.5 + rand::random::<f64>() / 2.0)
}
