//! How committed facts reach the stream.

mod epoch;
mod gauge;
mod parked;
mod publish;
mod round;
mod row;
mod run;
mod window;

pub(crate) use publish::publish;
pub(crate) use row::{COLUMNS, Row};
pub use run::Relay;
