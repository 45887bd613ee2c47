//! Dead letters: messages that no retry will help, kept where an operator finds them.

use async_nats::jetstream::Message;
use kernel::{FactId, TenantId};
use pg::Db;
use uuid::Uuid;

use super::suspect::forget_tries;
use crate::Envelope;

/// What is known of a message, readable or not.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// The tenant, by the envelope or the subject; nil where neither names one.
    pub(crate) tenant: TenantId,
    /// The fact, by the envelope or the message id; nil-based on the stream's sequence where neither names one.
    pub(crate) fact: FactId,
    /// The aggregate: what is kept in order.
    pub(crate) aggregate: Uuid,
    /// The event, or what is wrong with it.
    pub(crate) envelope: Result<Envelope, String>,
    /// Whether an operator sent it again.
    pub(crate) replayed: bool,
}

impl Letter {
    /// Opens a message. Nothing a stranger publishes to our subjects may stop a consumer.
    pub(crate) fn open(message: &Message, sequence: u64) -> Self {
        let id = message
            .headers
            .as_ref()
            .and_then(|headers| headers.get(async_nats::header::NATS_MESSAGE_ID))
            .map(ToString::to_string)
            .unwrap_or_default();
        let replayed = id.contains(crate::outbox::REPLAY_MARK);
        let by_subject =
            message.subject.split('.').nth(1).and_then(|token| TenantId::parse(token).ok());
        let by_sequence = || Uuid::from_u128(u128::from(sequence));
        match Envelope::parse(&message.payload) {
            Ok(envelope) if by_subject == Some(envelope.tenantid) => Self {
                tenant: envelope.tenantid,
                fact: envelope.id,
                aggregate: envelope.aggregate,
                envelope: Ok(envelope),
                replayed,
            },
            other => Self {
                tenant: by_subject.unwrap_or_else(|| Uuid::nil().into()),
                fact: FactId::parse(&id).unwrap_or_else(|_| by_sequence().into()),
                aggregate: by_sequence(),
                envelope: Err(other.map_or_else(
                    |unreadable| unreadable.to_string(),
                    |_| "the tenant of the event is not the tenant of its subject".into(),
                )),
                replayed,
            },
        }
    }
}

/// Keeps a message as a dead letter.
pub(crate) async fn bury(
    db: &Db,
    consumer: &str,
    letter: &Letter,
    message: &Message,
    error: &str,
    attempts: u32,
) -> pg::Result<()> {
    let mut tx = db.platform("bury_letter", "a dead letter may name no tenant").await?;
    sqlx::query(
        "insert into dead_letters (tenant_id, consumer, event_id, subject, body, error, attempts)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict on constraint dead_letters_pkey
             do update set error = excluded.error, attempts = excluded.attempts, created_at = now()",
    )
    .bind(letter.tenant)
    .bind(consumer)
    .bind(letter.fact)
    .bind(message.subject.as_str())
    // PostgreSQL's text cannot hold NUL.
    .bind(String::from_utf8_lossy(&message.payload).replace('\0', "\u{fffd}"))
    .bind(error.replace('\0', "\u{fffd}"))
    .bind(i32::try_from(attempts).unwrap_or(i32::MAX))
    .execute(&mut *tx)
    .await?;
    forget_tries(&mut tx, consumer, letter).await?;
    tx.commit().await?;
    metrics::counter!("usher_dead_letters_total", "consumer" => consumer.to_owned()).increment(1);
    tracing::error!(consumer, tenant.id = %letter.tenant, fact.id = %letter.fact, error, "dead letter");
    Ok(())
}

/// Forgets a dead letter whose fact was handled after all.
pub(crate) async fn unearth(db: &Db, consumer: &str, letter: &Letter) -> pg::Result<()> {
    let mut tx = db.platform("unearth_letter", "a dead letter may name no tenant").await?;
    sqlx::query(
        "delete from dead_letters where tenant_id = $1 and consumer = $2 and event_id = $3",
    )
    .bind(letter.tenant)
    .bind(consumer)
    .bind(letter.fact)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}
