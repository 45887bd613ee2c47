//! Which tenant a request is about: what the request says, and who that is.

mod evidence;
mod host;
mod path;
mod tenants;

pub(crate) use evidence::{Caller, Evidence, Named, unknown};
pub(crate) use host::HostName;
pub(crate) use path::{Prefix, split};
pub(crate) use tenants::{REQUESTS, STREAMS, Tenants};
pub use tenants::{Tenant, TenantStatus};
