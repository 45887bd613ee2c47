//! The gateway before guarded services, all in one process: from HTTP to the callee and back.

mod abuse;
mod api;
mod bans;
mod captcha;
mod cors;
mod documents;
mod hostile;
mod identity;
mod limits;
mod maintenance;
mod methods;
mod pages;
mod problems;
mod raw;
mod rolling;
mod signed;
mod sockets;
mod streams;
mod telemetry;
mod tenancy;
mod world;
