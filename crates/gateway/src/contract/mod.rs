//! The contract as documents for people and tools, written from the descriptors alone.

mod asyncapi;
mod comments;
mod openapi;
mod operation;
mod schema;

pub(crate) use asyncapi::document as asyncapi;
pub(crate) use openapi::document as openapi;
