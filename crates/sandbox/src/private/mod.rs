//! Private PostgreSQL and NATS servers: what `usher dev` and the tests run on when nobody names
//! real ones.
//!
//! A server started here is a child that cannot outlive this process: it asks the kernel to be
//! signalled when its parent dies, and it holds a lock on its data folder until its last process
//! has gone, so a start right after `kill -9` waits for the old server instead of fighting it.

mod account;
mod child;
mod claim;
mod cluster;
mod nats;
mod place;
mod postgres;
mod programs;
mod seat;
mod servers;

pub use cluster::Durability;
pub use nats::Nats;
pub use postgres::Postgres;
pub use servers::Servers;
