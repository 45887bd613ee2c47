//! How a process lives, seen from outside the crate.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod collector;
mod config;
mod health;
mod host;
mod json;
mod life;
mod listen;
mod process;
mod tls;
