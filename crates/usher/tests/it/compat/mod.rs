//! The legacy admin API, asked as the legacy library asks it. What it answers is our inference of what that library expects.

pub(crate) mod addresses;
mod bad;
mod engine;
mod library;
mod people;
mod workspaces;
