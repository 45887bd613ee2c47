//! The gateway before guarded services, all in one process: from HTTP to the callee and back.

mod api;
mod documents;
mod identity;
mod limits;
mod pages;
mod problems;
mod sockets;
mod streams;
mod telemetry;
mod tenancy;
mod world;
