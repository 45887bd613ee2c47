//! The only SQL of this service.

mod tenants;

pub(crate) use tenants::{insert_tenant, list_tenants, tenant, tenant_by_slug};
