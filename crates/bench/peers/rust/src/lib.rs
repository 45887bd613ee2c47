//! The peers that are crates: one program each under `bin`, all with one protocol.

pub mod protocol;
