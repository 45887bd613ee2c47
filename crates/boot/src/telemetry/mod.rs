//! Telemetry: logs to standard error, traces to a collector.

mod install;
mod json;
mod traces;

pub use install::Telemetry;
pub use json::JsonLines;
