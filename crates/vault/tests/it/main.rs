//! The vault against a real PostgreSQL.

mod database;
mod keys;
mod kms;
mod rotation;
mod secrets;
