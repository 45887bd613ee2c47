//! One fault at one step.

use std::fmt;

/// Whether the fault comes while the step is done or while it is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// While it is done; the run must be done in the end.
    Doing,
    /// While it is undone, since the last step failed for good after it acted; the run must have failed in the end.
    Undoing,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The step fails before it acts.
    FailsBefore,
    /// The step acts, and then fails.
    FailsAfter,
    /// The step acts, and its answer does not come in time.
    TimesOut,
    /// The step acts, and what came of it cannot be kept; only while doing.
    Unrecorded,
    /// The process dies before the step acts.
    DiesBefore,
    /// The process dies after the step acted.
    DiesAfter,
}

impl Fault {
    const ALL: [Self; 6] = [
        Self::FailsBefore,
        Self::FailsAfter,
        Self::TimesOut,
        Self::Unrecorded,
        Self::DiesBefore,
        Self::DiesAfter,
    ];
}

/// One fault at one step, once or twice in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The step.
    pub step: &'static str,
    /// Doing or undoing.
    pub way: Way,
    /// What goes wrong.
    pub fault: Fault,
    /// How often.
    pub times: u32,
}

impl Case {
    pub(super) fn all(steps: &[&'static str]) -> Vec<Self> {
        let mut cases = Vec::new();
        for step in steps {
            for way in [Way::Doing, Way::Undoing] {
                for fault in Fault::ALL {
                    if way == Way::Undoing && fault == Fault::Unrecorded {
                        continue;
                    }
                    cases.extend([1, 2].map(|times| Self { step, way, fault, times }));
                }
            }
        }
        cases
    }
}

/// Words that serve as a name: `add_token_doing_TimesOut_2`.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.way {
            Way::Doing => "doing",
            Way::Undoing => "undoing",
        };
        write!(f, "{}_{way}_{:?}_{}", self.step, self.fault, self.times)
    }
}
