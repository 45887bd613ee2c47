//! The platform as one program: the wiring of its parts, and the command line.
//!
//! - [`platform`]: which parts run in this process and how they find each other.
//! - [`cli`] and `commands`: the verbs.
//! - [`onboard`]: the main job, from a file to active workspaces.
//! - [`api`]: how commands talk to a running platform.

pub mod api;
pub mod cli;
pub mod commands;
mod dev;
pub mod onboard;
pub mod out;
pub mod platform;
