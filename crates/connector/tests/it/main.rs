//! The connectors against the stand-ins of the systems they speak to.

mod legacy;
mod registry;
mod telegram;
mod telegram_refusals;
mod world;
