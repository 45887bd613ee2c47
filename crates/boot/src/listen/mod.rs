//! Listeners: taking a port, serving on it, leaving it in an orderly way.

mod admin;
mod bind;
mod connection;
mod framing;
mod serve;
mod tls;

pub use admin::admin_router;
pub use bind::{Door, Listener};
pub use connection::Encrypted;
pub use serve::serve;
pub use tls::{Files, Tls};
