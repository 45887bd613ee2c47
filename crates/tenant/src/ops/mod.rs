//! What this service does, one use case per file.

mod create_tenant;
mod get_tenant;
mod list_tenants;
mod resolve_tenant;

pub(crate) use create_tenant::{CreateTenant, create_tenant};
pub(crate) use get_tenant::get_tenant;
pub(crate) use list_tenants::list_tenants;
pub(crate) use resolve_tenant::{By, resolve_tenant};
