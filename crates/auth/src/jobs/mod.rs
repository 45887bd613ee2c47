//! Work for later.

mod rotate_keys;
mod sweep_leftovers;

pub(crate) use rotate_keys::rotate_keys;
pub(crate) use sweep_leftovers::sweep_leftovers;
