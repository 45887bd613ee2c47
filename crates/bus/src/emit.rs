//! How a fact leaves a transaction: one row of the outbox, beside the change it tells of.

use kernel::{Clock, Cx, FactId};
use pg::Tx;
use serde_json::Value;
use uuid::Uuid;
use wire::Fact;

use crate::trace;

/// Tells a fact about `aggregate` if, and only if, the transaction commits.
///
/// Facts of one aggregate are heard in the order of their commits. Emit after the aggregate's row is locked. A
/// transaction across tenants says first whom it speaks for.
///
/// # Errors
/// The database's; [`pg::Error::Other`] outside a tenant.
pub async fn emit<F: Fact, Scope>(
    tx: &mut Tx<Scope>,
    cx: &Cx,
    aggregate: Uuid,
    fact: &F,
) -> pg::Result<FactId> {
    emit_json(tx, cx, F::KIND, aggregate, &wire::json::encode(fact)).await
}

/// Like [`emit`], for a fact whose type is known by its `kind` only (`user.invite.created`).
///
/// # Errors
/// Those of [`emit`], and [`pg::Error::Constraint`] for a kind that is not dotted lower-case words.
pub async fn emit_json<Scope>(
    tx: &mut Tx<Scope>,
    cx: &Cx,
    kind: &str,
    aggregate: Uuid,
    data: &Value,
) -> pg::Result<FactId> {
    // The id is transport, not domain: a UUIDv7 by the machine's clock, which the inbox is partitioned by.
    let id: FactId = Clock::system().new_id();
    sqlx::query("select outbox_emit($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(kind)
        .bind(aggregate)
        .bind(data)
        .bind(trace::traceparent(cx))
        .bind(&cx.request_id)
        .execute(&mut **tx)
        .await?;
    tx.wake_relay();
    Ok(id)
}
