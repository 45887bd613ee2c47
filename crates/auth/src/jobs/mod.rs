//! Work for later.

mod sweep_leftovers;

pub(crate) use sweep_leftovers::sweep_leftovers;
