//! What every contender made of every task, pass by pass, and what follows from it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    child::Peer,
    task::{Kind, Measured},
};
use crate::report::{Bar, Figure};

/// A contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Ours,
    Peer(Peer),
}

impl Who {
    /// Its name.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Peer(peer) => peer.label(),
        }
    }

    /// A word for its databases.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Peer(peer) => peer.word(),
        }
    }
}

/// A number of what was measured.
pub(crate) type Number = fn(&Measured) -> f64;

/// All that was measured.
#[derive(Debug, Default)]
pub(crate) struct Record {
    passes: BTreeMap<(Kind, Who), Vec<Measured>>,
    /// Raw rates, before and after ours in turns.
    raw: BTreeMap<Kind, Vec<f64>>,
}

impl Record {
    /// Keeps a pass.
    pub(crate) fn keep(&mut self, kind: Kind, who: Who, measured: Option<Measured>) {
        self.passes.entry((kind, who)).or_default().extend(measured);
    }

    /// Keeps the raw rate of the disk beside a task.
    pub(crate) fn keep_raw(&mut self, kind: Kind, rate: f64) {
        self.raw.entry(kind).or_default().push(rate);
    }

    /// One number of every pass.
    pub(crate) fn of(&self, kind: Kind, who: Who, number: Number) -> Vec<f64> {
        self.passes.get(&(kind, who)).into_iter().flatten().map(number).collect()
    }

    /// The raw rate of every pass: the mean of before and after.
    pub(crate) fn raw(&self, kind: Kind) -> Vec<f64> {
        let rates = self.raw.get(&kind).map(Vec::as_slice).unwrap_or_default();
        rates.chunks(2).map(|pair| pair.iter().sum::<f64>() / pair.len() as f64).collect()
    }

    /// What decides, with how far each is from its bar. Ratios are of the same pass, so that a disk that changes its
    /// speed between passes changes none of them.
    pub(crate) fn bars(&self) -> Vec<Figure> {
        let ours = |kind, number: Number| self.of(kind, Who::Ours, number);
        let dbos = |kind, number: Number| self.of(kind, Who::Peer(Peer::Dbos), number);
        let share = |kind| {
            let share = ratios(&ours(kind, |one| one.rate), &self.raw(kind));
            share.into_iter().map(|share| share * 100.0).collect()
        };
        let drained = Measured::per_cpu_second;
        let apart = ours(Kind::Drain, |one| one.rate);
        let held = ours(Kind::DrainHeld, |one| one.rate);
        let figure = Figure::new;
        vec![
            figure("enqueue, 1 producer, of the raw rate", "%", share(Kind::EnqueueAlone))
                .with_bar(Bar::AtLeast(90.0)),
            figure("enqueue, 8 producers, of the raw rate", "%", share(Kind::EnqueueTogether))
                .with_bar(Bar::AtLeast(90.0)),
            figure(
                "drained a CPU·s, ours / the fastest peer",
                "×",
                ratios(&ours(Kind::Drain, drained), &self.fastest(Kind::Drain, drained)),
            )
            .with_bar(Bar::AtLeast(1.5)),
            figure("start latency p50", "ms", ours(Kind::Latency, |one| one.p50))
                .with_bar(Bar::AtMost(3.0)),
            figure("start latency p99", "ms", ours(Kind::Latency, |one| one.p99))
                .with_bar(Bar::AtMost(10.0)),
            figure(
                "three steps p50, ours / dbos",
                "×",
                ratios(
                    &ours(Kind::StepsAlone, |one| one.p50),
                    &dbos(Kind::StepsAlone, |one| one.p50),
                ),
            )
            .with_bar(Bar::AtMost(1.0)),
            figure(
                "three-step runs, 32 at once, ours / dbos",
                "×",
                ratios(
                    &ours(Kind::StepsTogether, |one| one.rate),
                    &dbos(Kind::StepsTogether, |one| one.rate),
                ),
            )
            .with_bar(Bar::AtLeast(1.0)),
            figure("drain under an old snapshot, slower", "×", ratios(&apart, &held))
                .with_bar(Bar::AtMost(1.5)),
        ]
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let task = |((kind, who), passes): (&(Kind, Who), &Vec<Measured>)| json!({"task": kind, "of": who.label(), "passes": passes});
        let raw = |(kind, rates): (&Kind, &Vec<f64>)| json!({"task": kind, "rates": rates});
        json!({
            "contenders": self.passes.iter().map(task).collect::<Vec<_>>(),
            "raw": self.raw.iter().map(raw).collect::<Vec<_>>(),
        })
    }

    /// The best peer of every pass.
    fn fastest(&self, kind: Kind, number: Number) -> Vec<f64> {
        let peers = self.passes.iter().filter(|((of, who), _)| *of == kind && *who != Who::Ours);
        peers.fold(Vec::new(), |mut best, (_, passes)| {
            best.resize(best.len().max(passes.len()), 0.0);
            best.iter_mut().zip(passes).for_each(|(best, one)| *best = best.max(number(one)));
            best
        })
    }
}

/// Pass by pass, as far as both were measured.
pub(crate) fn ratios(above: &[f64], below: &[f64]) -> Vec<f64> {
    let pairs = above.iter().zip(below).filter(|(_, below)| **below > 0.0);
    pairs.map(|(above, below)| above / below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(rate: f64, own_cpu: f64) -> Measured {
        Measured { rate, p50: 0.0, p99: 0.0, own_cpu, postgres_cpu: 0.0 }
    }

    #[test]
    fn ratios_are_of_the_same_pass() {
        assert_eq!(ratios(&[2.0, 9.0], &[1.0, 3.0, 7.0]), [2.0, 3.0]);
        assert_eq!(ratios(&[2.0], &[0.0]), [] as [f64; 0]);
    }

    #[test]
    fn the_fastest_peer_is_chosen_in_every_pass() {
        let mut record = Record::default();
        record.keep(Kind::Drain, Who::Ours, Some(measured(1.0, 0.1)));
        for (peer, costs) in [(Peer::Graphile, [0.5, 0.25]), (Peer::Apalis, [0.25, 0.5])] {
            for cost in costs {
                record.keep(Kind::Drain, Who::Peer(peer), Some(measured(1.0, cost)));
            }
        }
        record.keep(Kind::Drain, Who::Peer(Peer::Dbos), None);
        assert_eq!(record.fastest(Kind::Drain, Measured::per_cpu_second), [4_000.0, 4_000.0]);
    }

    #[test]
    fn the_raw_rate_is_that_of_before_and_after() {
        let mut record = Record::default();
        for rate in [100.0, 300.0, 50.0, 70.0] {
            record.keep_raw(Kind::EnqueueAlone, rate);
        }
        assert_eq!(record.raw(Kind::EnqueueAlone), [200.0, 60.0]);
        assert_eq!(record.raw(Kind::EnqueueTogether), [] as [f64; 0]);
    }
}
