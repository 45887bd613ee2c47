//! What goes wrong with one call, whatever it asks for.

use serde::{Deserialize, Serialize};

/// Where a pause is told.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// In the header and in the body, as the real one does.
    Both,
    /// In the body only, where something between strips headers.
    Body,
    /// In the header only.
    Header,
}

/// One thing that goes wrong with one call.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// 429 and nothing done.
    RateLimited {
        /// The pause asked for, seconds.
        retry_after: u32,
        /// Where it is told.
        told: Told,
    },
    /// 500 in the API's own words.
    ServerError,
    /// 502 with a page of HTML, by something in front of the API.
    BadGateway,
    /// Nothing done and this refusal.
    Refused {
        /// The HTTP status and `error_code`.
        status: u16,
        /// The `description`.
        description: String,
    },
    /// Silence, then an answer that nobody waits for; nothing done.
    Hang {
        /// How long the silence lasts, milliseconds.
        millis: u64,
    },
    /// Done, and the connection breaks amid the answer.
    CutAnswer,
}

/// Faults for the next calls of a method, in order; then it works again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The method, such as `sendMessage`.
    pub method: String,
    /// One for each call.
    pub faults: Vec<Fault>,
}
