//! The service as the rest of the platform meets it: facts in, mail out.

mod bounces;
mod email_change;
mod erase_recipient;
mod follow_tenant;
mod house;
mod letters;
mod messages;
mod peers;
mod sending;
mod surviving;
