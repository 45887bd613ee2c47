//! How facts arrive: one durable consumer for each (service, kind), worked on by one process at a time.

pub(crate) mod handler;
mod held;
mod letter;
mod settle;
mod supervisor;
mod suspect;
mod worker;

pub use handler::{Consumers, Retry};
