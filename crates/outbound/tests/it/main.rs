//! Calls to servers of this machine, which the guard is told to trust or takes for public ones.

mod bounds;
mod guard;
mod limits;
mod silence;
mod world;
