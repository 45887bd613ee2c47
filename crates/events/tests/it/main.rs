//! The service as its callers see it, against PostgreSQL.

mod create_event;
mod get_event;
mod house;
mod list_events;
