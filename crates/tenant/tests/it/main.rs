//! The service against a real PostgreSQL, called through its guard.

mod cost;
mod create_tenant;
mod domains;
mod get_tenant;
mod house;
mod life_cycle;
mod list_tenants;
mod plans;
mod resolve_tenant;
mod settings;
