//! Notes what became of an attempt, in the transaction of the job's own record, and tells it.

use kernel::{Clock, Cx, MessageId};
use pg::TenantTx;
use wire::notifier::v1::{MessageBounced, MessageFailed, MessageSent};

use crate::{
    Error, Result,
    domain::{BounceReason, EnhancedStatus, Message, Status, Template},
    store,
};

/// The mail server took the message at attempt number `attempts`.
pub(crate) async fn settle_message(
    tx: &mut TenantTx,
    cx: &Cx,
    clock: &Clock,
    message_id: MessageId,
    attempts: u32,
) -> Result<()> {
    let message = lock(tx, message_id).await?;
    if matches!(message.status, Status::Sent | Status::Bounced) {
        return Ok(());
    }
    let attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
    store::mark_sent(tx, message_id, attempts, clock.now()).await?;
    let fact = MessageSent {
        message_id: message_id.to_string(),
        channel: message.channel.to_string(),
        template: message.template.to_string(),
        recipient: message.recipient.to_string(),
        subject_id: message.subject_id.to_string(),
        attempts,
        sends: message.sends(),
    };
    bus::emit(tx, cx, message_id.uuid(), &fact).await?;
    match message.template {
        Template::Invitation => tx.after_commit(|| {
            metrics::counter!("usher_onboarding_invite_sent_total").increment(1);
        }),
        Template::EmailChangeOld
        | Template::EmailChangeNew
        | Template::PasswordReset
        | Template::SignIn
        | Template::Address
        | Template::SignUp => {}
    }
    Ok(())
}

/// The attempt failed, and another one follows.
pub(crate) async fn postpone_message(
    tx: &mut TenantTx,
    message_id: MessageId,
    attempts: u32,
    reason: &str,
) -> Result<()> {
    let attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
    store::mark_waiting(tx, message_id, attempts, reason).await?;
    Ok(())
}

/// The message is given up; where the mail server refused the recipient, it bounced.
pub(crate) async fn give_up_message(
    tx: &mut TenantTx,
    cx: &Cx,
    message_id: MessageId,
    reason: &str,
) -> Result<()> {
    let message = lock(tx, message_id).await?;
    if message.status != Status::Queued {
        return Ok(());
    }
    if let Some(bounce) = BounceReason::parse(reason) {
        return bounce_message(tx, cx, &message, bounce, None).await;
    }
    store::mark_failed(tx, message_id, reason).await?;
    let fact = MessageFailed {
        message_id: message_id.to_string(),
        channel: message.channel.to_string(),
        template: message.template.to_string(),
        recipient: message.recipient.to_string(),
        subject_id: message.subject_id.to_string(),
        reason: reason.into(),
        sends: message.sends(),
    };
    bus::emit(tx, cx, message_id.uuid(), &fact).await?;
    metrics::counter!("usher_notifier_messages_failed_total").increment(1);
    Ok(())
}

/// The message came back, with a status code or at once; tells it. The message is locked by the caller.
pub(crate) async fn bounce_message(
    tx: &mut TenantTx,
    cx: &Cx,
    message: &Message,
    reason: BounceReason,
    status: Option<EnhancedStatus>,
) -> Result<()> {
    store::mark_bounced(tx, message.message_id, reason).await?;
    let fact = MessageBounced {
        message_id: message.message_id.to_string(),
        channel: message.channel.to_string(),
        template: message.template.to_string(),
        recipient: message.recipient.to_string(),
        subject_id: message.subject_id.to_string(),
        reason: reason.to_string(),
        status: status.map(|status| status.to_string()).unwrap_or_default(),
        permanent: status
            .map_or(reason != BounceReason::Undeliverable, EnhancedStatus::is_permanent),
        sends: message.sends(),
    };
    bus::emit(tx, cx, message.message_id.uuid(), &fact).await?;
    tx.after_commit(|| {
        metrics::counter!("usher_notifier_messages_bounced_total").increment(1);
    });
    Ok(())
}

async fn lock(tx: &mut TenantTx, message_id: MessageId) -> Result<Message> {
    store::lock_message(tx, message_id).await?.ok_or(Error::MessageNotFound)
}
