//! What this crate promises, against a real PostgreSQL.

mod aborts;
mod database;
mod isolation;
mod migrating;
mod recovery;
mod replies;
mod roles;
mod transactions;
