//! How is the outside reached? One guarded HTTP client: no address inside, one deadline, bounded answers, limits and a
//! breaker per host, and failures that say whether trying again helps and whether the call may have acted.
//!
//! [`Outbound`] is made once per process from [`Config`]; whoever calls the outside builds a [`Call`] and gets an
//! [`Answer`] (any status that is no redirect) or a [`Fault`]. What an answer means is the caller's matter.

mod address;
mod answer;
mod breaker;
mod call;
mod client;
mod config;
mod fault;
mod guard;
mod hosts;
mod names;
mod pace;
mod retry_after;
mod trace;

pub use reqwest::{
    Method, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header,
};

pub use address::{canonical, is_public};
pub use answer::Answer;
pub use breaker::Trip;
pub use call::Call;
pub use client::Outbound;
pub use config::{BadSetup, Config, Limits};
pub use fault::{Class, Effect, Fault, Kind};
pub use guard::{Reach, Trusted};
pub use pace::{Pace, Rate};
