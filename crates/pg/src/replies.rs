//! The stored answer to a repeated idempotency key, kept in the transaction of the effect
//! (draft-ietf-httpapi-idempotency-key-header).

use kernel::Cx;
use sqlx::PgConnection;

use crate::Result;

/// What a key is already known for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// The key is new, and now reserved by this transaction; a parallel holder of the same key waits for our commit.
    Nothing,
    /// The same request was answered before with these bytes.
    Reply(Vec<u8>),
    /// The key was used for another request.
    Other,
}

/// Looks a key up and reserves it. Without a key in the context nothing is known and nothing is kept.
///
/// `operation` is the RPC's name; `fingerprint` a digest of the request.
///
/// # Errors
/// The database's.
pub async fn recall(
    tx: &mut PgConnection,
    cx: &Cx,
    operation: &str,
    fingerprint: &[u8],
) -> Result<Known> {
    let Some(key) = &cx.idempotency_key else {
        return Ok(Known::Nothing);
    };
    let inserted = sqlx::query(
        "insert into replies (tenant_id, actor, operation, idempotency_key, fingerprint)
         values (usher.current_tenant(), $1, $2, $3, $4) on conflict do nothing",
    )
    .bind(cx.actor.label())
    .bind(operation)
    .bind(key)
    .bind(fingerprint)
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Known::Nothing);
    }
    let (known, reply): (Vec<u8>, Option<Vec<u8>>) = sqlx::query_as(
        "select fingerprint, reply from replies where actor = $1 and operation = $2 and idempotency_key = $3",
    )
    .bind(cx.actor.label())
    .bind(operation)
    .bind(key)
    .fetch_one(&mut *tx)
    .await?;
    Ok(if known == fingerprint { Known::Reply(reply.unwrap_or_default()) } else { Known::Other })
}

/// Keeps the answer for the key reserved by [`recall`].
///
/// # Errors
/// The database's.
pub async fn keep(tx: &mut PgConnection, cx: &Cx, operation: &str, reply: &[u8]) -> Result<()> {
    let Some(key) = &cx.idempotency_key else {
        return Ok(());
    };
    sqlx::query("update replies set reply = $4 where actor = $1 and operation = $2 and idempotency_key = $3")
        .bind(cx.actor.label())
        .bind(operation)
        .bind(key)
        .bind(reply)
        .execute(&mut *tx)
        .await?;
    Ok(())
}
