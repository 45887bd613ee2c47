//! When to kill: drawn from a seed, and spread over the whole of an undisturbed run.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};

/// How long the parts of an undisturbed run take on this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// From nothing to the line `ready`: migrations, seeding.
    pub(crate) cold_start: Duration,
    /// The same where all stands already.
    pub(crate) warm_start: Duration,
    /// From `ready` to the end: submission, mail, acceptance, provisioning.
    pub(crate) work: Duration,
}

/// The moment of a kill.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// So long after the process began.
    OfStart(Duration),
    /// So long after it said `ready`.
    OfWork(Duration),
}

impl Moment {
    pub(crate) const fn is_of_start(self) -> bool {
        matches!(self, Self::OfStart(_))
    }
}

/// The kills of one round, one or more, each of the process that follows the one killed before.
///
/// The first of round n lies in the n-th of as many equal parts of the run as there are rounds, so that a few rounds
/// meet every part of the work; the others fall anywhere.
pub(crate) fn draw(round: u64, rounds: u64, seed: u64, measured: Measured) -> Vec<Moment> {
    let mut chance = StdRng::seed_from_u64(seed ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let place = (round as f64 + chance.random::<f64>()) / rounds as f64;
    let first = at((measured.cold_start + measured.work).mul_f64(place), measured.cold_start);
    let mut kills = vec![first];
    while kills.len() < 4 && chance.random_bool(0.4) {
        let whole = measured.warm_start + measured.work;
        kills.push(at(whole.mul_f64(chance.random()), measured.warm_start));
    }
    kills
}

/// A point of a run's time line, whose first part is its start.
fn at(point: Duration, start: Duration) -> Moment {
    match point.checked_sub(start) {
        None => Moment::OfStart(point),
        Some(after) => Moment::OfWork(after),
    }
}
