//! The stand-ins from outside: over HTTP and SMTP, as those they stand in for are used.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod config;
mod journal;
mod kill;
mod legacy_access;
mod legacy_contract;
mod legacy_faults;
mod legacy_keys;
mod legacy_spoiled;
mod mail_faults;
mod mail_hostile;
mod mail_smtp;
mod pages;
mod telegram;
mod world;
