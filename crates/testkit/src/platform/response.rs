//! What the platform answered.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

/// A refusal in the platform's own words (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable reason.
    pub code: String,
    /// The sentence.
    pub detail: String,
    /// The fields at fault.
    pub fields: Vec<String>,
}

impl Response {
    pub(super) async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.expect("the answer comes to its end");
        Self { status, headers, body }
    }

    /// The JSON of an answer. Panics with the whole answer when it is a refusal or no JSON.
    pub fn json(&self) -> Value {
        assert!((200..300).contains(&self.status), "refused: {self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The refusal. Panics with the whole answer when it is none.
    #[must_use]
    pub fn problem(&self) -> Problem {
        assert!(self.status >= 400, "not refused: {self:?}");
        let body: Value =
            serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no problem: {self:?}"));
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let errors = body["errors"].as_array().into_iter().flatten();
        let fields = errors.filter_map(|error| Some(error["field"].as_str()?.to_owned())).collect();
        Problem { status: self.status, code: text("code"), detail: text("detail"), fields }
    }
}
