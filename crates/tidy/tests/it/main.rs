//! The architecture as tests: one file per rule, each with a small example that breaks it.

mod budgets;
mod configuration;
mod contract;
mod floors;
mod hygiene;
mod invariants;
mod migrations;
mod names;
mod placement;
mod purity;
mod quiet_tests;
mod shape;
mod surviving;
mod top_level;
