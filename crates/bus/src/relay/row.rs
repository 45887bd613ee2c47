//! A row of the outbox, and the event it becomes.

use kernel::{FactId, TenantId, Timestamp};
use serde_json::Value;
use sqlx::{FromRow, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::Envelope;

/// The columns of [`Row`], of a table or subquery named `o`.
pub(crate) const COLUMNS: &str =
    "o.id, o.lane, o.tenant_id, o.aggregate_id, o.aggregate_seq, o.event_id, o.kind, o.data,
    o.traceparent, o.request_id, o.created_at";

/// One fact as it stands in the outbox.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) lane: i16,
    pub(crate) tenant: TenantId,
    pub(crate) aggregate: Uuid,
    pub(crate) sequence: i64,
    pub(crate) event: FactId,
    pub(crate) kind: String,
    data: Value,
    traceparent: Option<String>,
    request_id: String,
    pub(crate) created_at: Timestamp,
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            lane: row.try_get("lane")?,
            tenant: row.try_get("tenant_id")?,
            aggregate: row.try_get("aggregate_id")?,
            sequence: row.try_get("aggregate_seq")?,
            event: row.try_get("event_id")?,
            kind: row.try_get("kind")?,
            data: row.try_get("data")?,
            traceparent: row.try_get("traceparent")?,
            request_id: row.try_get("request_id")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

impl Row {
    /// The event told by this row of `service`'s outbox.
    pub(crate) fn into_envelope(self, service: &str) -> Envelope {
        Envelope {
            specversion: "1.0".into(),
            id: self.event,
            source: format!("/usher/{service}"),
            kind: self.kind,
            aggregate: self.aggregate,
            time: self.created_at.jiff(),
            datacontenttype: "application/json".into(),
            tenantid: self.tenant,
            sequence: self.sequence,
            traceparent: self.traceparent,
            requestid: self.request_id,
            data: self.data,
        }
    }
}
