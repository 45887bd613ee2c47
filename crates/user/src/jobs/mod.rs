//! Work for later.

mod tell_expired;

pub(crate) use tell_expired::tell_expired;
