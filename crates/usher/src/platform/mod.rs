//! The wiring: which parts run in this process, on what they stand, how they find each other.

mod access;
mod catalogue;
mod doors;
mod key_config;
mod keys;
mod part;
mod services;
mod settings;
mod start;

pub use access::{access, keys_fit, vault};
pub use key_config::KeyConfig;
pub use keys::Keys;
pub use part::Part;
pub use settings::{Settings, sample};
pub use start::{Ground, Platform, nats, start};
