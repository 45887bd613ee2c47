//! How many streams stand open. Each holds memory here and looks into the services now and then, so nobody holds any
//! number of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Config, problem::Problem};

/// When whoever was refused may look again.
const AGAIN: Duration = Duration::from_secs(5);

/// The streams of one process.
#[derive(Debug)]
pub(crate) struct OpenStreams {
    per_caller: u32,
    in_all: u32,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    all: u32,
    /// Callers without a stream are not in here.
    callers: HashMap<String, u32>,
}

/// A stream's place; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct OpenStream {
    caller: String,
    counts: Arc<Mutex<Counts>>,
}

impl OpenStreams {
    pub(crate) fn new(config: &Config) -> Self {
        let (per_caller, in_all) = (config.streams_per_caller, config.streams);
        Self { per_caller, in_all, counts: Arc::default() }
    }

    /// A place for one more stream of this caller.
    pub(crate) fn open(&self, caller: String) -> Result<OpenStream, Problem> {
        let mut counts = lock(&self.counts);
        if self.in_all > 0 && counts.all >= self.in_all {
            return Err(Problem::of_limit("streams", AGAIN));
        }
        let own = counts.callers.get(&caller).copied().unwrap_or_default();
        if self.per_caller > 0 && own >= self.per_caller {
            return Err(Problem::of_limit("streams-per-caller", AGAIN));
        }
        counts.all += 1;
        counts.callers.insert(caller.clone(), own + 1);
        Ok(OpenStream { caller, counts: Arc::clone(&self.counts) })
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.all -= 1;
        match counts.callers.get_mut(&self.caller) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                counts.callers.remove(&self.caller);
            }
        }
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(per_caller: u32, in_all: u32) -> OpenStreams {
        OpenStreams::new(&Config {
            streams_per_caller: per_caller,
            streams: in_all,
            ..Config::default()
        })
    }

    #[test]
    fn a_caller_has_so_many_and_a_closed_one_makes_room() {
        let streams = streams(2, 0);
        let first = streams.open("ann".into()).expect("one");
        let _second = streams.open("ann".into()).expect("two");
        assert_eq!(streams.open("ann".into()).expect_err("three").status(), 429);
        let _other = streams.open("bob".into()).expect("somebody else's");
        drop(first);
        let _third = streams.open("ann".into()).expect("room again");
    }

    #[test]
    fn all_together_have_so_many_and_nobody_is_remembered_after() {
        let streams = streams(0, 3);
        let open: Vec<_> = (0..3).map(|n| streams.open(n.to_string()).expect("open")).collect();
        assert_eq!(streams.open("late".into()).expect_err("full").status(), 429);
        drop(open);
        let counts = lock(&streams.counts);
        assert_eq!((counts.all, counts.callers.len()), (0, 0));
    }
}
