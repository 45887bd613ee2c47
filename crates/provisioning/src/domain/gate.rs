//! The gate between two stages of the rollout: what must be proven, in whole numbers, and what is not proven yet.

use std::time::Duration;

use super::Cohort;

/// Of a hundred clients that ended, so many must have succeeded.
const SUCCESS_PER_CENT: i64 = 98;

/// What the clients of a stage have shown since it was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Clients that became active without ever failing for good.
    pub(crate) succeeded: i64,
    /// Clients that ever failed for good.
    pub(crate) failed: i64,
    /// 95 of 100 were active this long after the acceptance; nobody came there yet where absent.
    pub(crate) p95: Option<Duration>,
    pub(crate) open_critical: i64,
}

/// The gate of one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gate {
    pub(crate) evidence: Evidence,
    /// How many clients must have ended before they prove anything.
    pub(crate) needed: i64,
    pub(crate) target: Duration,
}

/// One thing that stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// Too few clients to judge by.
    #[error("only {ended} clients of this stage have ended, and {needed} are needed")]
    SampleSize {
        /// Clients that ended.
        ended: i64,
        /// How many must have.
        needed: i64,
    },
    /// Too many of them failed.
    #[error("{succeeded} of {ended} clients succeeded, which is less than {SUCCESS_PER_CENT} %")]
    SuccessRate {
        /// Clients that succeeded.
        succeeded: i64,
        /// Of so many.
        ended: i64,
    },
    /// They waited too long.
    #[error(
        "95 % of the clients were active only after {}, and the target is {}",
        show(p95),
        show(target)
    )]
    TimeToActive {
        /// 95 of 100 clients were active this long after the acceptance.
        p95: Duration,
        /// What is asked for.
        target: Duration,
    },
    /// Something serious is not settled.
    #[error("{open} critical incidents are open")]
    CriticalIncident {
        /// How many are.
        open: i64,
    },
}

/// A duration as `20 min` or `1 min 30.5 s`.
fn show(time: &Duration) -> String {
    let (minutes, seconds) = (time.as_secs() / 60, time.as_secs_f64() % 60.0);
    match (minutes, seconds) {
        (0, seconds) => format!("{seconds:.1} s"),
        (minutes, 0.0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds:.1} s"),
    }
}

impl Obstacle {
    /// The stable word.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::SampleSize { .. } => "sample_size",
            Self::SuccessRate { .. } => "success_rate",
            Self::TimeToActive { .. } => "time_to_active",
            Self::CriticalIncident { .. } => "critical_incident",
        }
    }
}

impl Gate {
    /// The gate that leads out of `stage`; none leads out of the last.
    pub(crate) fn of(stage: Cohort, evidence: Evidence, target: Duration) -> Option<Self> {
        let needed = match stage {
            // As many as the smallest pilot has.
            Cohort::Internal | Cohort::Pilot => 3,
            // The fewest among which one failure is not yet more than two in a hundred.
            Cohort::Limited => 50,
            Cohort::All => return None,
        };
        Some(Self { evidence, needed, target })
    }

    /// Everything that stands in the way; the gate is open where nothing does.
    pub(crate) fn obstacles(&self) -> Vec<Obstacle> {
        let Evidence { succeeded, failed, p95, open_critical } = self.evidence;
        let ended = succeeded + failed;
        let sample =
            (ended < self.needed).then_some(Obstacle::SampleSize { ended, needed: self.needed });
        let rate = (succeeded * 100 < ended * SUCCESS_PER_CENT)
            .then_some(Obstacle::SuccessRate { succeeded, ended });
        let slow = p95
            .filter(|p95| *p95 > self.target)
            .map(|p95| Obstacle::TimeToActive { p95, target: self.target });
        let incident =
            (open_critical > 0).then_some(Obstacle::CriticalIncident { open: open_critical });
        [sample, rate, slow, incident].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TARGET: Duration = Duration::from_secs(1200);

    fn obstacles(stage: Cohort, succeeded: i64, failed: i64) -> Vec<&'static str> {
        let evidence = Evidence { succeeded, failed, p95: Some(TARGET), open_critical: 0 };
        let gate = Gate::of(stage, evidence, TARGET).expect("a gate");
        gate.obstacles().iter().map(Obstacle::code).collect()
    }

    #[test]
    fn at_979_of_1000_the_gate_is_shut_and_at_980_it_is_open() {
        assert_eq!(obstacles(Cohort::Limited, 979, 21), ["success_rate"]);
        assert!(obstacles(Cohort::Limited, 980, 20).is_empty());
    }

    #[test]
    fn few_clients_prove_nothing() {
        for (stage, succeeded, failed, expected) in [
            (Cohort::Internal, 0, 0, &["sample_size"][..]),
            (Cohort::Internal, 2, 0, &["sample_size"]),
            (Cohort::Internal, 2, 1, &["success_rate"]),
            (Cohort::Pilot, 3, 0, &[]),
            (Cohort::Pilot, 4, 1, &["success_rate"]),
            (Cohort::Pilot, 0, 1, &["sample_size", "success_rate"]),
            (Cohort::Limited, 49, 0, &["sample_size"]),
            (Cohort::Limited, 48, 1, &["sample_size", "success_rate"]),
            (Cohort::Limited, 49, 1, &[]),
            (Cohort::Limited, 48, 2, &["success_rate"]),
        ] {
            assert_eq!(
                obstacles(stage, succeeded, failed),
                expected,
                "{stage} {succeeded}/{failed}"
            );
        }
    }

    #[test]
    fn every_obstacle_is_told_at_once() {
        let evidence = Evidence {
            succeeded: 1,
            failed: 1,
            p95: Some(TARGET + Duration::from_micros(1)),
            open_critical: 2,
        };
        let gate = Gate::of(Cohort::Pilot, evidence, TARGET).expect("a gate");
        let told: Vec<_> = gate.obstacles().iter().map(Obstacle::code).collect();
        assert_eq!(told, ["sample_size", "success_rate", "time_to_active", "critical_incident"]);
        assert_eq!(Gate::of(Cohort::All, evidence, TARGET), None);
    }

    proptest! {
        #[test]
        fn the_rate_is_exact(succeeded in 0_i64..2_000_000, failed in 0_i64..50_000) {
            let shut = obstacles(Cohort::Limited, succeeded, failed).contains(&"success_rate");
            // 98 of 100 is 49 times as many successes as failures.
            prop_assert_eq!(shut, succeeded < 49 * failed);
        }
    }
}
