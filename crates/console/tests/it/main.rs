//! The console behind the gateway, before small services in memory.

mod assets;
mod client;
mod email_change;
mod email_wish;
mod entry;
mod fakes;
mod funnel;
mod invitation;
mod jobs;
mod join;
mod onboardings;
mod own_address;
mod passkeys;
mod settings;
mod setup;
mod sign_up;
mod signin;
mod sso;
mod world;
