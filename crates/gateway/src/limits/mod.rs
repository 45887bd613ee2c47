//! How much one address, one tenant and one person may ask for, by class of request; the same in however many gateways.

mod budget;
mod class;
mod key;
mod labels;
mod ledger;
mod limiter;
mod look;
mod rate;
mod standing;
mod streams;

pub(crate) use class::Class;
pub(crate) use key::KeyBudget;
pub(crate) use limiter::{BY_PLAN, Limits, Who};
pub(crate) use standing::Standing;
pub(crate) use streams::{OpenStream, OpenStreams};

#[cfg(test)]
mod tests;
