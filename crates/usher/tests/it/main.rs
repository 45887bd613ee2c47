//! What the platform promises as a whole, asked over HTTP of a platform that runs on real servers.

mod addresses;
mod compat;
mod contract;
mod invitations;
mod invite_batches;
mod isolation;
mod jobs;
mod journey;
mod leaving;
mod mass_assignment;
mod portal;
mod roles;
mod rollout;
mod routes;
mod secrets;
mod signin;
mod steps;
mod tenancy;
mod tokens;
mod trace;
mod vault_keys;
