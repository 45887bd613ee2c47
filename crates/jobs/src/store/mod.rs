//! The only SQL of this crate.

pub(crate) mod child;
pub(crate) mod claim;
pub(crate) mod history;
pub(crate) mod host;
pub(crate) mod known;
pub(crate) mod lease;
pub(crate) mod load;
pub(crate) mod operate;
pub(crate) mod progress;
pub(crate) mod schedule;
pub(crate) mod settle;
pub(crate) mod signal;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod suspension;
