//! The body of a call: a JSON object with a few known fields, the rest ignored.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::answer::Refusal;

pub(super) struct Request(Map<String, Value>);

/// `dataset` of a call.
pub(super) struct Dataset {
    pub(super) name: String,
    pub(super) values: Value,
}

impl Request {
    /// An empty body counts as an empty object.
    pub(super) fn parse(body: &[u8]) -> Result<Request, Refusal> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Request(Map::new()));
        }
        serde_json::from_slice(body).map(Request).map_err(|_| Refusal::BadJson)
    }

    /// `spreadsheet_id`, or its alias `ssId`.
    pub(super) fn spreadsheet_id(&self) -> Option<&str> {
        self.text("spreadsheet_id").or_else(|| self.text("ssId"))
    }

    pub(super) fn need_spreadsheet_id(&self) -> Result<&str, Refusal> {
        self.spreadsheet_id().ok_or(Refusal::Missing("spreadsheet_id"))
    }

    pub(super) fn owner_email(&self) -> Option<&str> {
        self.text("owner_email")
    }

    pub(super) fn need_token(&self) -> Result<SecretString, Refusal> {
        self.text("token").map(SecretString::from).ok_or(Refusal::Missing("token"))
    }

    /// None when there is no `dataset` or it is null.
    pub(super) fn dataset(&self) -> Result<Option<Dataset>, Refusal> {
        let Some(dataset) = self.0.get("dataset").filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let name = dataset.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        Ok(Some(Dataset {
            name: name.ok_or(Refusal::Missing("dataset.name"))?.to_owned(),
            values: dataset.get("values").cloned().unwrap_or_else(|| Value::Object(Map::new())),
        }))
    }

    pub(super) fn need_dataset(&self) -> Result<Dataset, Refusal> {
        self.dataset()?.ok_or(Refusal::Missing("dataset"))
    }

    /// A text that says something; anything else counts as missing.
    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }
}
