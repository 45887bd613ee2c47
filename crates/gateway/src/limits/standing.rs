//! How a caller stands towards a limit, and the headers that tell (draft-ietf-httpapi-ratelimit-headers).

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::problem::Problem;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What is left of a caller's quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The policy's name, for instance `invite-per-tenant`.
    pub(crate) policy: String,
    /// Requests within a window.
    pub(crate) quota: u32,
    /// The window, in seconds.
    pub(crate) window: u32,
    /// Requests that would pass now.
    pub(crate) remaining: u32,
    /// Until the whole quota is there again; for a refused request, until the next passes.
    pub(crate) reset: Duration,
    /// For a refused request, until the next passes.
    pub(crate) wait: Option<Duration>,
    /// Whether this gateway counts for itself, since the common budget is not to be had.
    pub(crate) alone: bool,
}

impl Standing {
    /// 429 for a request beyond the limit.
    pub(crate) fn verdict(&self) -> Result<(), Problem> {
        match self.wait {
            Some(wait) => Err(Problem::of_limit(&self.policy, wait)),
            None => Ok(()),
        }
    }

    /// The one of two that a caller meets first.
    pub(crate) fn tighter(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) if other.remaining < one.remaining => Some(other),
            (one, other) => one.or(other),
        }
    }

    /// Tells the caller.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let Self { policy, quota, window, remaining, reset, alone, .. } = self;
        let alone = if *alone { ";local" } else { "" };
        let reset = reset.as_secs_f64().ceil();
        let fields = [
            (POLICY, format!("\"{policy}\";q={quota};w={window}{alone}")),
            (LIMIT, format!("\"{policy}\";r={remaining};t={reset:.0}")),
        ];
        for (name, text) in fields {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }
}
