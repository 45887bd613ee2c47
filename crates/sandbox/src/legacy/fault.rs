//! What goes wrong, and when: scripts first, then storms, then an outage, then the random mix.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::record::Op;
use crate::chance;

/// One thing that goes wrong with one call.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// 429 and nothing done.
    RateLimited {
        /// The header `Retry-After`, seconds; absent when none.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// 500 and nothing done.
    ServerError,
    /// Nothing done; silence, then the connection closes.
    Hang {
        /// How long the silence lasts, milliseconds.
        millis: u64,
    },
    /// Served well, but late.
    Slow {
        /// The delay on top of the usual one, milliseconds.
        millis: u64,
    },
    /// Served, then the connection closes before the first byte of the answer.
    LostAnswer,
    /// Served, then the connection closes in the middle of the answer's body.
    CutAnswer,
    /// Served, then the connection is reset before the first byte of the answer.
    ResetServed,
    /// Nothing done and the connection is reset.
    Reset,
    /// Served; the answer is whole and right, but comes a byte at a time.
    Drip {
        /// The pause before each byte, milliseconds.
        millis: u64,
    },
    /// Served; the answer's body is bytes that are no JSON, under its usual content type.
    Garbage,
    /// Served; the answer's body is right, but called HTML.
    WrongType,
    /// Served; the answer's body never ends.
    Endless,
    /// Served; what comes back is no HTTP, as from a port that speaks something else.
    NoHttp,
    /// Nothing done; the answer of a proxy in front: this status, and a page in place of the envelope.
    Gateway {
        /// The HTTP status.
        status: u16,
    },
    /// Nothing done; the caller is sent elsewhere.
    Redirect {
        /// Where to.
        location: String,
    },
    /// Nothing done and this answer, which a retry need not mend.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The text in the error envelope.
        message: String,
    },
}

impl Fault {
    /// Whether the call is served in spite of it.
    pub(super) const fn is_served(&self) -> bool {
        match self {
            Fault::Slow { .. }
            | Fault::LostAnswer
            | Fault::CutAnswer
            | Fault::ResetServed
            | Fault::Drip { .. }
            | Fault::Garbage
            | Fault::WrongType
            | Fault::Endless
            | Fault::NoHttp => true,
            Fault::RateLimited { .. }
            | Fault::ServerError
            | Fault::Hang { .. }
            | Fault::Reset
            | Fault::Gateway { .. }
            | Fault::Redirect { .. }
            | Fault::Refused { .. } => false,
        }
    }

    /// Whether the client gets the answer to a call that was served.
    pub(super) const fn is_answered(&self) -> bool {
        matches!(self, Fault::Slow { .. } | Fault::Drip { .. } | Fault::WrongType)
    }
}

/// Which calls a storm meets: all, unless narrowed.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Aim {
    /// Only calls of this operation.
    pub op: Option<Op>,
    /// Only calls that name a spreadsheet whose id begins so: a tenant's, where its ids have a common beginning.
    pub spreadsheets: Option<String>,
}

impl Aim {
    fn meets(&self, op: Op, spreadsheet_id: Option<&str>) -> bool {
        let named = |prefix: &String| spreadsheet_id.is_some_and(|id| id.starts_with(prefix));
        self.op.is_none_or(|only| only == op) && self.spreadsheets.as_ref().is_none_or(named)
    }
}

/// A fault on every call that it is aimed at, for a number of calls or until it is ended.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storm {
    /// Which calls.
    #[serde(default)]
    pub aim: Aim,
    /// What happens to them.
    pub fault: Fault,
    /// How many calls it meets; all, until it is ended, when absent.
    #[serde(default)]
    pub calls: Option<u32>,
}

/// Faults for the next calls of one operation, in order; then the operation works again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The operation.
    pub op: Op,
    /// Only calls that name this spreadsheet; any call when absent.
    #[serde(default)]
    pub spreadsheet_id: Option<String>,
    /// One for each call.
    pub faults: Vec<Fault>,
}

/// Random faults: each key is the probability of its kind, and the kinds exclude each other.
/// The same seed plays the same fault on the call of the same number. Only `/admin/*` and `/ss/*`
/// calls with a good key are met. The default is none at all.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mix {
    /// Decides all draws.
    pub seed: u64,
    /// 429 with `Retry-After`.
    pub rate_limited_with_hint: f64,
    /// 429 without.
    pub rate_limited: f64,
    /// 500.
    pub server_error: f64,
    /// Silence, then a closed connection.
    pub hang: f64,
    /// Served, and the connection closed before the answer.
    pub lost_answer: f64,
    /// Served, and the connection closed amid the answer.
    pub cut_answer: f64,
    /// What `Retry-After` says, seconds.
    pub retry_after: u32,
    /// How long the silence lasts, milliseconds.
    pub hang_ms: u64,
}

impl Mix {
    /// One call in ten fails, in every way there is.
    pub fn mild() -> Self {
        Mix {
            seed: 7,
            rate_limited_with_hint: 0.02,
            rate_limited: 0.02,
            server_error: 0.025,
            hang: 0.01,
            lost_answer: 0.015,
            cut_answer: 0.01,
            retry_after: 1,
            hang_ms: 3_000,
        }
    }

    pub(super) fn shares(&self) -> [(f64, Fault); 6] {
        [
            (
                self.rate_limited_with_hint,
                Fault::RateLimited { retry_after: Some(self.retry_after) },
            ),
            (self.rate_limited, Fault::RateLimited { retry_after: None }),
            (self.server_error, Fault::ServerError),
            (self.hang, Fault::Hang { millis: self.hang_ms }),
            (self.lost_answer, Fault::LostAnswer),
            (self.cut_answer, Fault::CutAnswer),
        ]
    }
}

/// The faults still to be played.
pub(super) struct Faults {
    queues: HashMap<(Op, Option<String>), VecDeque<Fault>>,
    storms: Vec<Storm>,
    outage: Option<Fault>,
    mix: Mix,
}

impl Faults {
    pub(super) fn new(mix: Mix, scripts: &[Script], storms: &[Storm]) -> Self {
        let storms = storms.to_vec();
        let mut faults = Faults { queues: HashMap::new(), storms, outage: None, mix };
        for script in scripts {
            for fault in &script.faults {
                faults.push(script.op, script.spreadsheet_id.clone(), fault.clone());
            }
        }
        faults
    }

    pub(super) fn push(&mut self, op: Op, spreadsheet_id: Option<String>, fault: Fault) {
        self.queues.entry((op, spreadsheet_id)).or_default().push_back(fault);
    }

    pub(super) fn begin_storm(&mut self, storm: Storm) {
        self.storms.push(storm);
    }

    pub(super) fn end_storms(&mut self) {
        self.storms.clear();
    }

    pub(super) fn set_outage(&mut self, fault: Option<Fault>) {
        self.outage = fault;
    }

    /// The next scripted fault for such a call; a script of its spreadsheet goes first.
    pub(super) fn scripted(&mut self, op: Op, spreadsheet_id: Option<&str>) -> Option<Fault> {
        let own = spreadsheet_id
            .and_then(|id| self.queues.get_mut(&(op, Some(id.to_owned()))))
            .and_then(VecDeque::pop_front);
        own.or_else(|| self.queues.get_mut(&(op, None))?.pop_front())
    }

    /// The fault that no script asked for: a storm's, the oldest first, then the outage's, then chance's.
    pub(super) fn unscripted(
        &mut self,
        number: u64,
        op: Op,
        spreadsheet_id: Option<&str>,
    ) -> Option<Fault> {
        let stormy = self.stormy(op, spreadsheet_id);
        let drawn = || chance::pick(self.mix.seed, number, &self.mix.shares());
        stormy.or_else(|| self.outage.clone()).or_else(drawn)
    }

    fn stormy(&mut self, op: Op, spreadsheet_id: Option<&str>) -> Option<Fault> {
        let blows =
            |storm: &&mut Storm| storm.calls != Some(0) && storm.aim.meets(op, spreadsheet_id);
        let storm = self.storms.iter_mut().find(blows)?;
        storm.calls = storm.calls.map(|left| left - 1);
        Some(storm.fault.clone())
    }
}
