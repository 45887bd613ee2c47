//! The fact on the wire: a CloudEvents 1.0 event in structured JSON mode.

use bytes::Bytes;
use jiff::Timestamp;
use kernel::{FactId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The media type of an [`Envelope`].
pub(crate) const CONTENT_TYPE: &str = "application/cloudevents+json";

/// A message that is not one of our events.
#[derive(Debug, thiserror::Error)]
#[error("not a CloudEvents 1.0 JSON event: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

/// A CloudEvents 1.0 event with our extensions; attribute names are those of the specification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Always `1.0`.
    pub specversion: String,
    /// The fact's id; the same for every delivery and every replay.
    pub id: FactId,
    /// Who tells: `/usher/<service>`.
    pub source: String,
    /// The fact's kind, for instance `user.invite.created`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The aggregate the fact is about.
    #[serde(rename = "subject")]
    pub aggregate: Uuid,
    /// When the fact was told: the start of its transaction.
    pub time: Timestamp,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// Extension: the tenant.
    pub tenantid: TenantId,
    /// Extension: the fact's place among those of its aggregate, from 1 without gaps; a decimal text, as the
    /// specification of `sequence` wants it.
    #[serde(with = "decimal")]
    pub sequence: i64,
    /// Extension: W3C trace context of the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Extension: the request that made the change.
    pub requestid: String,
    /// The payload as proto3 JSON.
    pub data: Value,
}

impl Envelope {
    /// Reads an event from a message body.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else than one of our events.
    pub fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        Ok(serde_json::from_slice(body)?)
    }

    /// The event as a message body.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        serde_json::to_vec(self).expect("an envelope has only text keys").into()
    }
}

mod decimal {
    //! A number as decimal text.

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Envelope {
        Envelope {
            specversion: "1.0".into(),
            id: Uuid::from_u128(1).into(),
            source: "/usher/user".into(),
            kind: "user.invite.created".into(),
            aggregate: Uuid::from_u128(2),
            time: Timestamp::UNIX_EPOCH,
            datacontenttype: "application/json".into(),
            tenantid: Uuid::from_u128(3).into(),
            sequence: 7,
            traceparent: None,
            requestid: "r".into(),
            data: serde_json::json!({"a": 1}),
        }
    }

    #[test]
    fn attributes_are_named_as_cloudevents_names_them() {
        let json: Value = serde_json::from_slice(&sample().to_bytes()).expect("is JSON");
        assert_eq!(json["specversion"], "1.0");
        assert_eq!(json["type"], "user.invite.created");
        assert_eq!(json["subject"], "00000000-0000-0000-0000-000000000002");
        assert_eq!(json["sequence"], "7");
        assert_eq!(json["time"], "1970-01-01T00:00:00Z");
        assert!(json.get("traceparent").is_none());
    }

    #[test]
    fn an_envelope_survives_the_wire() {
        assert_eq!(Envelope::parse(&sample().to_bytes()).expect("reads back"), sample());
        assert!(Envelope::parse(b"{}").is_err());
    }
}
