//! Domain values as wire messages.

use wire::{notifier::v1 as proto, timestamp};

use crate::domain::Message;

impl From<&Message> for proto::Message {
    fn from(message: &Message) -> Self {
        Self {
            message_id: message.message_id.to_string(),
            channel: message.channel.to_string(),
            template: message.template.to_string(),
            recipient: message.recipient.to_string(),
            locale: message.locale.to_string(),
            status: message.status.to_string(),
            attempts: message.attempts,
            mail_message_id: message.mail_message_id.clone(),
            reason: message.reason.clone().unwrap_or_default(),
            created_at: Some(timestamp(message.created_at)),
            sent_at: message.sent_at.map(timestamp),
            subject_id: message.subject_id.to_string(),
        }
    }
}
