//! How the rules of the house read the house: sources as tokens, manifests, migrations, findings.
//!
//! The rules themselves are tests, one file each under `tests/it/`.
//!
//! - [`workspace`]: what stands in the repository.
//! - [`Source`]: one Rust file; comments are gone, lines are kept.
//! - [`Manifest`]: one `Cargo.toml`.
//! - [`sql`]: a migration as statements and tables.
//! - [`Rule`] and [`Finding`]: how a breach is reported, and how an exception is written down.

mod finding;
mod manifest;
mod source;
pub mod sql;
mod tokens;
pub mod workspace;

pub use finding::{Excuse, Finding, Rule};
pub use manifest::{Dependency, Kind, Manifest};
pub use source::{Function, Named, Source};
pub use tokens::Token;
