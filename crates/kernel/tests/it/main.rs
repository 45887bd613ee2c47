//! The kernel against its public vectors.

mod emails;
