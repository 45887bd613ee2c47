//! How the mail server is set up, and what may go wrong with a mail.

use serde::{Deserialize, Serialize};

use crate::chance::Latency;

/// The mail server's configuration; the default is mild trouble, [`Config::calm`] is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The loopback port; 0 takes that of the last run, else any free one.
    pub port: u16,
    /// The largest mail taken, bytes.
    pub max_bytes: usize,
    /// How long a client may be silent, seconds.
    pub idle_seconds: u64,
    /// How long a mail takes between its last byte and the answer.
    pub latency: Latency,
    /// How many mails are put off with 451 before the first one is taken; counted since the
    /// journal began.
    pub refuse_first: u64,
    /// Random faults.
    pub mix: Mix,
}

impl Default for Config {
    fn default() -> Self {
        Config { latency: Latency::MILD, mix: Mix::mild(), ..Config::calm() }
    }
}

impl Config {
    /// No delay and no fault.
    pub fn calm() -> Self {
        Config {
            port: 0,
            max_bytes: 10 * 1024 * 1024,
            idle_seconds: 60,
            latency: Latency::default(),
            refuse_first: 0,
            mix: Mix::default(),
        }
    }
}

/// One thing that goes wrong with one mail.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 451 after the last byte; not kept.
    TryLater,
    /// 554 after the last byte; not kept, and a retry does not help.
    Rejected,
    /// 550 5.1.1: nobody has this address; not kept.
    NoMailbox,
    /// The connection closes after the last byte, before any answer; not kept.
    DroppedUnkept,
    /// Kept, then the connection closes before the answer.
    DroppedBeforeReply,
    /// Kept and answered with 250, then the connection closes at once.
    DroppedAfterReply,
}

/// Random faults: each key is the probability of its kind, and the kinds exclude each other.
/// The same seed plays the same fault on the mail of the same number. The default is none at all.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mix {
    /// Decides all draws.
    pub seed: u64,
    /// 451.
    pub try_later: f64,
    /// Not kept, no answer.
    pub dropped_unkept: f64,
    /// Kept, no answer.
    pub dropped_before_reply: f64,
    /// Kept, answered, and the connection closed.
    pub dropped_after_reply: f64,
}

impl Mix {
    /// One mail in ten fails, in every way that a retry mends.
    pub fn mild() -> Self {
        Mix {
            seed: 7,
            try_later: 0.05,
            dropped_unkept: 0.02,
            dropped_before_reply: 0.02,
            dropped_after_reply: 0.01,
        }
    }

    pub(super) fn shares(&self) -> [(f64, Fault); 4] {
        [
            (self.try_later, Fault::TryLater),
            (self.dropped_unkept, Fault::DroppedUnkept),
            (self.dropped_before_reply, Fault::DroppedBeforeReply),
            (self.dropped_after_reply, Fault::DroppedAfterReply),
        ]
    }
}
