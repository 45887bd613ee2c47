//! What this service knows.

mod tenant;

pub(crate) use tenant::{Status, Tenant, TenantName, slug_from};
