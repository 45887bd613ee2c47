//! A whole platform in the test's process, and the people who use it.

mod actor;
mod builder;
mod door;
mod fleet;
mod quiet;
mod response;
mod running;
mod settings;
mod tenant;

pub use actor::Actor;
pub use builder::Builder;
pub use fleet::Fleet;
pub use response::{Problem, Response};
pub use running::Platform;
pub use tenant::Tenant;
