//! How is an outside system spoken to? One folder per system, each with the same few doors.
//!
//! # The kit
//!
//! A system is a folder here with a [`Spec`] (its settings, which of them are secret, and what to do outside to get
//! them), a struct of typed operations, and an implementation of [`Connector`]:
//!
//! 1. `spec.rs`: the settings as a `static` [`Spec`]. [`Spec::schema`] shows them to a form as JSON Schema,
//!    [`Spec::read`] checks what came back, and [`Settings::shown`] is all that ever leaves again: secrets as `***`.
//! 2. `mod.rs`: the struct and its operations, one method each, with arguments and answers that have names. It is
//!    opened from [`Settings`] and a [`Ground`]; it keeps no state but its settings, so it may be opened for every use.
//! 3. `send.rs`: one call through [`outbound::Outbound`], which guards, bounds, paces and counts it.
//! 4. `answer.rs`: what the answers mean. A refusal becomes a [`Fault`]: its kind decides whether trying again helps
//!    and whether the call may have acted; it has a sentence for the tenant, who can mend settings, and one for the
//!    operator. Words of the other side are cut, made printable, and the system's keys are struck out of them.
//! 5. [`Connector::check`] is the cheapest call that proves the settings, [`Connector::sample`] shows a few things
//!    found there, and every operation that writes answers a [`Receipt`], for which [`Connector::verify`] brings proof.
//! 6. A line in `registry.rs`, a stand-in in the sandbox with the faults of the real system, and a test for each of its
//!    answers in `tests/it`.
//!
//! A connector calls once and waits for nobody: it is a job's step that tries again, and a [`Fault`] tells it when.
//! Where the other side asks for a pause, the connector also holds the bucket of the chat or account that it spoke of.

mod kit;
pub mod legacy;
mod registry;
mod settings;
mod spec;
pub mod telegram;
mod words;

pub use outbound::{Class, Effect, Fault, Kind};

pub use kit::{Checked, Connector, Evidence, Light, Proof, Receipt, Sample};
pub use registry::{CannotOpen, Ground, open, specs};
pub use settings::Settings;
pub use spec::{Field, Format, Need, Secrecy, Spec};
