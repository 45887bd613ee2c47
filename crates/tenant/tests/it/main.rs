//! The service against a real PostgreSQL, called through its guard.

mod create_tenant;
mod get_tenant;
mod house;
mod list_tenants;
mod resolve_tenant;
