//! A call that is about to be made.

use std::{fmt, time::Duration};

use bytes::Bytes;
use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::Serialize;

use crate::{Fault, Kind, Pace};

/// One request, with everything that bounds it. It is made once: trying again is the caller's matter.
#[derive(Clone)]
pub struct Call {
    pub(crate) connector: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) deadline: Duration,
    pub(crate) most: usize,
    pub(crate) paces: Vec<Pace>,
}

impl Call {
    /// A call of `connector` for its `operation`, two words that traces and metrics go by.
    #[must_use]
    pub fn new(connector: &'static str, operation: &'static str, method: Method, url: Url) -> Self {
        Self {
            connector,
            operation,
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            deadline: Duration::from_secs(10),
            most: 64 * 1024,
            paces: Vec::new(),
        }
    }

    /// With this header; a value that is secret has to be marked as sensitive by the caller.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header(CONTENT_TYPE, content_type)
    }

    /// With this value as its body.
    ///
    /// # Errors
    /// A [`Fault`] of ours where the value cannot be written as JSON.
    pub fn json(self, value: &impl Serialize) -> Result<Self, Fault> {
        let body = serde_json::to_vec(value).map_err(|_| {
            Fault::new(
                Kind::Unsendable,
                "An unexpected error occurred on our side.",
                "What was to be sent cannot be written as JSON.",
            )
        })?;
        Ok(self.body(HeaderValue::from_static("application/json"), body))
    }

    /// Over after this time, the wait for our own limits, the name, the connection and the answer's last byte included;
    /// ten seconds unless told.
    #[must_use]
    pub fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// With an answer of at most so many bytes; 64 KiB unless told.
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self
    }

    /// At this pace, besides the host's limits.
    #[must_use]
    pub fn paced(mut self, pace: Pace) -> Self {
        self.paces.push(pace);
        self
    }
}

/// Path, headers and body may hold secrets.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("connector", &self.connector)
            .field("operation", &self.operation)
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}
