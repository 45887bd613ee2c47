//! How much one address and one tenant may ask for, by class of request.

mod class;
mod limiter;
mod plan;
mod standing;
mod streams;

pub(crate) use class::Class;
pub(crate) use limiter::{Limits, Who};
pub(crate) use standing::Standing;
pub(crate) use streams::{OpenStream, OpenStreams};
