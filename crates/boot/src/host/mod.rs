//! The life of a process: its background tasks, its end, its drain.

mod run;
mod signals;
mod tasks;

pub use run::{Cause, Ended};
pub use tasks::{DeadTask, Drained, Host};
