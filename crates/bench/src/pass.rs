//! One pass of a load: what each request cost usher and PostgreSQL, and how long it took.

use std::time::Instant;

use anyhow::Result;

use crate::{
    child::Child,
    cpu::{self, Cpu},
    report::{Bar, Figure},
    stats::percentile,
};

/// What one request cost in one pass.
#[derive(Clone, Debug)]
pub(crate) struct Cost {
    usher: Cpu,
    postgres: Cpu,
    rate: f64,
    p50: f64,
    p99: f64,
}

/// Runs `work`, which is `count` requests and answers how long each took in milliseconds, and takes the processors'
/// time of `usher` and of PostgreSQL while it ran.
///
/// # Errors
/// Those of `work`, or a process that has ended.
pub(crate) async fn costs(
    postmaster: u32,
    usher: &Child,
    count: usize,
    work: impl AsyncFnOnce() -> Result<Vec<f64>>,
) -> Result<Cost> {
    let used = || anyhow::Ok((cpu::of_tree(usher.id()?)?, cpu::of_tree(postmaster)?));
    let (before, begun) = (used()?, Instant::now());
    let latencies = work().await?;
    let (after, elapsed) = (used()?, begun.elapsed());
    let each = |cpu: Cpu| Cpu { user: cpu.user / count as f64, system: cpu.system / count as f64 };
    Ok(Cost {
        usher: each(after.0 - before.0),
        postgres: each(after.1 - before.1),
        rate: count as f64 / elapsed.as_secs_f64(),
        p50: percentile(&latencies, 50.0),
        p99: percentile(&latencies, 99.0),
    })
}

impl Cost {
    /// Processor time of usher and PostgreSQL together, milliseconds.
    pub(crate) fn cpu(&self) -> f64 {
        self.usher.total() + self.postgres.total()
    }

    /// The one figure that sums up.
    pub(crate) fn total(name: &str, passes: &[Self]) -> Figure {
        let all = passes.iter().map(Self::cpu).collect();
        Figure::new(format!("{name}: CPU"), "CPU·ms", all)
    }

    /// Everything known about a kind of request.
    pub(crate) fn figures(name: &str, passes: &[Self], bar: Option<Bar>) -> Vec<Figure> {
        let part = |what: &str, unit, of: fn(&Self) -> f64| {
            let values = passes.iter().map(of).collect();
            Figure::new(format!("{name}: {what}"), unit, values)
        };
        let total = Self::total(name, passes);
        vec![
            match bar {
                Some(bar) => total.with_bar(bar),
                None => total,
            },
            part("usher, user", "CPU·ms", |pass| pass.usher.user),
            part("usher, system", "CPU·ms", |pass| pass.usher.system),
            part("PostgreSQL, user", "CPU·ms", |pass| pass.postgres.user),
            part("PostgreSQL, system", "CPU·ms", |pass| pass.postgres.system),
            part("requests", "1/s", |pass| pass.rate),
            part("latency p50", "ms", |pass| pass.p50),
            part("latency p99", "ms", |pass| pass.p99),
        ]
    }
}
