//! The bus against a real PostgreSQL and a real NATS server.

mod consumers;
mod faults;
mod full;
mod house;
mod operator;
mod order;
mod schema;
mod suspects;
mod traces;
mod trusted;
mod writing;
