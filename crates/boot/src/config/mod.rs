//! Configuration: flags and environment, read here and nowhere else.

mod error;
mod keys;
mod master_key;
mod options;
mod parse;
mod secret;

pub use error::ConfigError;
pub use keys::{Key, keys, sample};
pub use master_key::MasterKey;
pub use options::{Config, LogFilter, LogFormat, OtlpEndpoint, Profile, SampleRatio};
pub use parse::parse;
pub use secret::SecretArg;
