//! The console behind the gateway, before small services in memory.

mod assets;
mod client;
mod email_change;
mod entry;
mod fakes;
mod funnel;
mod invitation;
mod jobs;
mod join;
mod onboardings;
mod signin;
mod world;
