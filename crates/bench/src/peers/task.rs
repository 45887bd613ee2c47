//! The tasks of the comparison, and what one of them cost.

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::{cpu::Cpu, stats::percentile};

/// What is asked of everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    /// One job a transaction, one producer.
    EnqueueAlone,
    /// The same with eight.
    EnqueueTogether,
    /// No-op jobs that wait.
    Drain,
    /// The same while another session holds an old snapshot.
    DrainHeld,
    /// From the call that enqueues to the job's start, under low load.
    Latency,
    /// Runs of three durable steps, one at a time.
    StepsAlone,
    /// The same, 32 at once.
    StepsTogether,
}

/// One of them, with its size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) kind: Kind,
    pub(crate) count: usize,
    /// Producers of an enqueue, runs in flight of steps; a drain's is the contender's own.
    pub(crate) at_once: usize,
}

impl Task {
    /// In their order, sized after the backlog of a drain.
    pub(crate) fn all(jobs: usize) -> [Self; 7] {
        let task =
            |kind, share: usize, at_once| Self { kind, count: (jobs / share).max(32), at_once };
        [
            task(Kind::EnqueueAlone, 10, 1),
            task(Kind::EnqueueTogether, 5, 8),
            task(Kind::Drain, 1, 1),
            task(Kind::DrainHeld, 1, 1),
            task(Kind::Latency, 80, 1),
            task(Kind::StepsAlone, 40, 1),
            task(Kind::StepsTogether, 10, 32),
        ]
    }

    /// The word of the protocol.
    pub(crate) const fn word(self) -> &'static str {
        match self.kind {
            Kind::EnqueueAlone | Kind::EnqueueTogether => "enqueue",
            Kind::Drain | Kind::DrainHeld => "drain",
            Kind::Latency => "latency",
            Kind::StepsAlone | Kind::StepsTogether => "steps",
        }
    }

    pub(crate) const fn is_enqueue(self) -> bool {
        matches!(self.kind, Kind::EnqueueAlone | Kind::EnqueueTogether)
    }

    pub(crate) const fn is_drain(self) -> bool {
        matches!(self.kind, Kind::Drain | Kind::DrainHeld)
    }

    pub(crate) fn is_held(self) -> bool {
        self.kind == Kind::DrainHeld
    }
}

/// What a contender answers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    pub(crate) count: usize,
    pub(crate) seconds: f64,
    /// How long each took, where each was looked at.
    pub(crate) millis: Vec<f64>,
    /// There is no such notion here.
    pub(crate) unsupported: bool,
}

/// What a task cost.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    /// A second.
    pub(crate) rate: f64,
    /// Of each, milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Processor time of the contender's process for each, milliseconds.
    pub(crate) own_cpu: f64,
    /// The same of all PostgreSQL processes.
    pub(crate) postgres_cpu: f64,
}

impl Measured {
    /// Divides what was used among what was done.
    ///
    /// # Errors
    /// Nothing was done.
    pub(crate) fn new(answer: &Answer, own: Cpu, postgres: Cpu) -> Result<Self> {
        let count = answer.count.max(answer.millis.len());
        anyhow::ensure!(count > 0, "nothing was done");
        let rate = if answer.seconds > 0.0 { count as f64 / answer.seconds } else { 0.0 };
        Ok(Self {
            rate,
            p50: percentile(&answer.millis, 50.0),
            p99: percentile(&answer.millis, 99.0),
            own_cpu: own.total() / count as f64,
            postgres_cpu: postgres.total() / count as f64,
        })
    }

    /// Processor time of all for each, milliseconds.
    pub(crate) fn cpu(&self) -> f64 {
        self.own_cpu + self.postgres_cpu
    }

    /// Done a second of processor time.
    pub(crate) fn per_cpu_second(&self) -> f64 {
        if self.cpu() > 0.0 { 1000.0 / self.cpu() } else { 0.0 }
    }

    /// In a line, for whoever waits.
    pub(crate) fn line(measured: Option<&Self>) -> String {
        let Some(one) = measured else {
            return "has no such notion".into();
        };
        format!(
            "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {:.0} a CPU·s ({:.3} + {:.3} CPU·ms)",
            one.rate,
            one.p50,
            one.p99,
            one.per_cpu_second(),
            one.own_cpu,
            one.postgres_cpu
        )
    }
}

/// Reads the one line of an answer.
///
/// # Errors
/// It is something else.
pub(crate) fn read(line: &str) -> Result<Answer> {
    serde_json::from_str(line).with_context(|| format!("not an answer: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_divided_among_what_was_done() -> Result<()> {
        let answer = read(r#"{"count": 200, "seconds": 0.5}"#)?;
        let cpu = |total| Cpu { user: total, system: 0.0 };
        let measured = Measured::new(&answer, cpu(30.0), cpu(70.0))?;
        assert_eq!(measured.rate, 400.0);
        assert_eq!(measured.cpu(), 0.5);
        assert_eq!(measured.per_cpu_second(), 2_000.0);
        assert!(Measured::new(&Answer::default(), cpu(1.0), cpu(1.0)).is_err());
        Ok(())
    }

    #[test]
    fn an_answer_may_be_that_there_is_no_such_notion() -> Result<()> {
        assert!(read(r#"{"unsupported": true}"#)?.unsupported);
        assert_eq!(read(r#"{"millis": [1.5, 2.5]}"#)?.millis, [1.5, 2.5]);
        assert!(read("ready").is_err());
        Ok(())
    }
}
