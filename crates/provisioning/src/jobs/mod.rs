//! Work for later: setting a client's workspace up in the legacy backend, taking back what can be taken back, and
//! looking after clients from time to time.

mod look_after;
mod outside;
mod provision_client;
mod step;
mod withdraw_client;

pub(crate) use look_after::look_after;
pub(crate) use provision_client::{Input, PROVISION, ProvisionClient, REGISTER, VERSION};
pub(crate) use step::Task;
pub(crate) use withdraw_client::{WITHDRAW, WithdrawClient, Withdrawal};
