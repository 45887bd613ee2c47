//! Rows of `messages`.

use kernel::{Email, MessageId, TenantId, Timestamp};
use pg::{PlatformTx, TenantTx};

use crate::domain::{BounceReason, Message};

/// Keeps a new message; `false` where its reason has made one before.
pub(crate) async fn insert_message(
    tx: &mut TenantTx,
    tenant_id: TenantId,
    message: &Message,
) -> Result<bool, pg::Error> {
    let inserted = sqlx::query!(
        "insert into messages (tenant_id, message_id, channel, template, recipient, locale, status, mail_message_id,
                               subject_kind, subject_id, dedupe_key, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict on constraint messages_dedupe_key_key do nothing",
        tenant_id as _,
        message.message_id as _,
        message.channel.as_str(),
        message.template.as_str(),
        message.recipient.as_str(),
        message.locale.as_str(),
        message.status.as_str(),
        message.mail_message_id,
        message.subject_kind.as_str(),
        message.subject_id as _,
        message.dedupe_key,
        message.created_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(crate) async fn message(
    tx: &mut TenantTx,
    message_id: MessageId,
) -> Result<Option<Message>, pg::Error> {
    let row = sqlx::query_as!(
        Message,
        r#"select message_id as "message_id: _", channel as "channel: _", template as "template: _",
                  recipient as "recipient: _", locale as "locale: _", status as "status: _", attempts, mail_message_id,
                  subject_kind as "subject_kind: _", subject_id as "subject_id: _", dedupe_key, reason,
                  created_at as "created_at: _", sent_at as "sent_at: _"
           from messages where tenant_id = usher.current_tenant() and message_id = $1"#,
        message_id as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The message, locked until the transaction ends.
pub(crate) async fn lock_message(
    tx: &mut TenantTx,
    message_id: MessageId,
) -> Result<Option<Message>, pg::Error> {
    let row = sqlx::query_as!(
        Message,
        r#"select message_id as "message_id: _", channel as "channel: _", template as "template: _",
                  recipient as "recipient: _", locale as "locale: _", status as "status: _", attempts, mail_message_id,
                  subject_kind as "subject_kind: _", subject_id as "subject_id: _", dedupe_key, reason,
                  created_at as "created_at: _", sent_at as "sent_at: _"
           from messages where tenant_id = usher.current_tenant() and message_id = $1 for update"#,
        message_id as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn list_messages(
    tx: &mut TenantTx,
    after: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, pg::Error> {
    let rows = sqlx::query_as!(
        Message,
        r#"select message_id as "message_id: _", channel as "channel: _", template as "template: _",
                  recipient as "recipient: _", locale as "locale: _", status as "status: _", attempts, mail_message_id,
                  subject_kind as "subject_kind: _", subject_id as "subject_id: _", dedupe_key, reason,
                  created_at as "created_at: _", sent_at as "sent_at: _"
           from messages
           where tenant_id = usher.current_tenant() and ($1::uuid is null or message_id > $1)
           order by message_id limit $2"#,
        after as _,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Notes that the mail server took it.
pub(crate) async fn mark_sent(
    tx: &mut TenantTx,
    message_id: MessageId,
    attempts: i32,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update messages set status = 'sent', attempts = $2, sent_at = $3, reason = null
         where tenant_id = usher.current_tenant() and message_id = $1",
        message_id as _,
        attempts,
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes why an attempt failed that another one follows.
pub(crate) async fn mark_waiting(
    tx: &mut TenantTx,
    message_id: MessageId,
    attempts: i32,
    reason: &str,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update messages set status = 'queued', attempts = $2, reason = $3
         where tenant_id = usher.current_tenant() and message_id = $1",
        message_id as _,
        attempts,
        reason
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes why it was given up, after one more attempt.
pub(crate) async fn mark_failed(
    tx: &mut TenantTx,
    message_id: MessageId,
    reason: &str,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update messages set status = 'failed', attempts = attempts + 1, reason = $2
         where tenant_id = usher.current_tenant() and message_id = $1",
        message_id as _,
        reason
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that it came back, and why.
pub(crate) async fn mark_bounced(
    tx: &mut TenantTx,
    message_id: MessageId,
    reason: BounceReason,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update messages set status = 'bounced', reason = $2,
                             attempts = attempts + case when status = 'queued' then 1 else 0 end
         where tenant_id = usher.current_tenant() and message_id = $1",
        message_id as _,
        reason.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose message it is. Read across tenants.
pub(crate) async fn tenant_of_message(
    tx: &mut PlatformTx,
    message_id: MessageId,
) -> Result<Option<TenantId>, pg::Error> {
    let tenant = sqlx::query_scalar!(
        r#"select tenant_id as "tenant_id: TenantId" from messages where message_id = $1"#,
        message_id as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(tenant)
}

/// Forgets to whom messages to these addresses went; how many there were.
pub(crate) async fn erase_recipient(
    tx: &mut PlatformTx,
    emails: &[Email],
) -> Result<u64, pg::Error> {
    let emails: Vec<String> = emails.iter().map(ToString::to_string).collect();
    let erased = sqlx::query!(
        "update messages set recipient = 'erased@erased.invalid' where recipient = any($1)",
        &emails
    )
    .execute(&mut **tx)
    .await?;
    Ok(erased.rows_affected())
}
