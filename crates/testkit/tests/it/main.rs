//! The harness itself, held to what it promises.

mod databases;
mod neighbours;
mod platforms;
mod streams;
