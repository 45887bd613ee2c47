//! How does work happen later? Durable steps with retries, undo and leases, kept in the service's own schema.
//!
//! - [`Workflow`] and [`Step`]: what a service writes; [`Attempt`] is what a step is given, [`StepError`] what it says,
//!   [`Turn`] what it does instead of acting: wait for a time, a [`signal`] or another run, or nothing.
//! - [`start`], [`Start`]: begins a run in the transaction of the change that asks for it; the same key begins it once.
//! - [`Worker`]: takes ready runs, any number of workers and processes side by side.
//! - [`status`], [`by_key`], [`list`]: where a run stands.
//! - [`retry`], [`retry_from`], [`cancel`], [`pause`], [`resume`], [`skip_step`], [`mark_undone`], [`abandon`]: what a
//!   person may do about it; [`interventions`]: what people did.
//! - [`suspend_tenant`], [`resume_tenant`]: whether anybody takes a tenant's runs at all.
//! - [`depth`], [`idle`]: how much work there is.
//! - [`Hosts`]: how often steps may call a remote host, over all processes.
//! - [`schedule`]: runs that begin again and again, by cron in a time zone.
//! - [`Retention`]: where ended runs go, and how long they are kept. [`archive`], [`retain`] do it by hand.
//!
//! A run goes forward step by step; neighbours of one group go side by side, each under a lease of its own, and the
//! last of them to end decides. A step's outside effect happens with no transaction open; its result, the
//! domain's change ([`Step::record`]) and the next ready row are one commit, fenced by the lease's token. A step that alone
//! follows begins in that same commit, under the same lease, for as long as the run may keep its place ([`Pace`]). A step
//! that fails for good turns the run: the steps that acted are undone in reverse, beginning with the failed one
//! unless it is known to have done nothing. An undo that fails for good leaves the run stuck, for a person.
//! A run that no living worker knows is held ([`HeldFor`]), visibly, until one does.
//! Due times follow the worker's [`kernel::Clock`], which tests may hold still; leases follow the database's clock,
//! which all workers share.
//! What happens next is decided in one pure module, `planner`.

mod attempt;
mod depth;
mod error;
mod failure;
mod history;
mod hosts;
mod intervention;
mod operate;
mod planner;
mod priority;
mod progress;
pub mod schedule;
mod signal;
mod skipped;
mod start;
mod state;
mod status;
mod store;
mod suspension;
mod trace;
mod turn;
mod worker;
mod workflow;

pub use attempt::Attempt;
pub use depth::{Depth, depth, idle};
pub use error::{Error, Result};
pub use failure::{Class, Effect, StepError, StepFailure};
pub use history::{Retention, archive, retain};
pub use hosts::{HostRate, Hosts};
pub use intervention::{Intervention, Verb};
pub use operate::{
    abandon, cancel, interventions, mark_undone, pause, resume, retry, retry_from, skip_step,
};
pub use priority::Priority;
pub use signal::{Heard, Whom, signal};
pub use skipped::Skipped;
pub use start::{Start, Started, WhileTaken, start};
pub(crate) use state::Going;
pub use state::{HeldFor, JobState, StepState};
pub use status::{JobStatus, Progress, StepStatus, by_key, list, status};
pub use suspension::{close_tenant, resume_tenant, suspend_tenant};
pub use turn::{Await, Child, Late, Turn};
pub use worker::{ByHand, Limits, Pace, Worker};
pub use workflow::{Moved, Policy, Step, Undone, Workflow};
