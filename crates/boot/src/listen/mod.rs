//! Listeners: taking a port, serving on it, leaving it in an orderly way.

mod admin;
mod bind;
mod connection;
mod serve;

pub use admin::admin_router;
pub use bind::{Door, Listener};
pub use serve::serve;
