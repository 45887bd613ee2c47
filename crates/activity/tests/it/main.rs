//! The service as its callers see it, against PostgreSQL and NATS.

mod cord;
mod house;
mod list_activity;
mod tail_facts;
