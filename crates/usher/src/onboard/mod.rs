//! The main job: the clients of a file, from invitation to an active workspace.

mod file;
mod invitee;
mod report;
mod run;
mod watch;

pub use file::{Checked, Fault, Row, check};
pub use report::Outcome;
pub use run::{Format, Job, run};
