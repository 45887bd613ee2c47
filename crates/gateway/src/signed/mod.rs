//! Calls of programs that sign what they send and for whom, with a key that only they and the gateway have.
//!
//! The signed text holds all that decides what a call does: method, path, query, body, tenant, person, flags, the version
//! it is meant for, the key of its repeats, time and a word that counts once. The caller acts as that person in that
//! tenant, as an API key of theirs would.

mod callers;
mod head;
mod nonces;
mod signatures;
mod text;
mod verify;

pub use callers::Callers;
pub(crate) use head::{Shown, is_signed};
pub(crate) use signatures::Signatures;
pub(crate) use verify::{Signed, is_taken, verify};
