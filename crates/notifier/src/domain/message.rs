//! A message to a person, and what became of it.

use kernel::{Email, InviteId, Locale, MessageId, Timestamp};

kernel::closed_set! {
    /// How a message travels.
    pub(crate) enum Channel {
        /// Over SMTP.
        Email = "email",
    }
}

kernel::closed_set! {
    /// Which letter it is.
    pub(crate) enum Template {
        /// The activation link of an invitation.
        Invitation = "invitation",
    }
}

kernel::closed_set! {
    /// What kind of thing a message is about.
    pub(crate) enum SubjectKind {
        /// An invitation.
        Invite = "invite",
    }
}

kernel::closed_set! {
    /// Where a message stands.
    pub(crate) enum Status {
        /// To be sent, now or at the next attempt.
        Queued = "queued",
        /// Taken by the mail server.
        Sent = "sent",
        /// Given up.
        Failed = "failed",
    }
}

/// A message to a person; never its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) message_id: MessageId,
    pub(crate) channel: Channel,
    pub(crate) template: Template,
    pub(crate) recipient: Email,
    pub(crate) locale: Locale,
    pub(crate) status: Status,
    pub(crate) attempts: i32,
    pub(crate) mail_message_id: String,
    pub(crate) subject_kind: SubjectKind,
    pub(crate) subject_id: InviteId,
    pub(crate) dedupe_key: String,
    pub(crate) reason: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) sent_at: Option<Timestamp>,
}

impl Message {
    /// Which sending of its subject it carries, from 1: the last part of [`Reason::dedupe_key`].
    pub(crate) fn sends(&self) -> i32 {
        let last = self.dedupe_key.rsplit(':').next();
        last.and_then(|sends| sends.parse().ok()).unwrap_or_default()
    }
}

/// Why there is something to write: one reason makes one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The invitation.
    pub(crate) invite_id: InviteId,
    /// Which of its sendings, from 1.
    pub(crate) sends: i32,
}

impl Reason {
    /// The key under which the message is kept once.
    pub(crate) fn dedupe_key(self) -> String {
        format!("invite:{}:{}", self.invite_id, self.sends)
    }

    /// Whether a later sending has taken this one's place: its link is the later letter's to carry.
    pub(crate) const fn is_superseded_by(self, sends: i32) -> bool {
        sends > self.sends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn every_sending_is_a_reason_of_its_own_and_gives_way_to_later_ones() {
        let invite_id = InviteId::from(Uuid::from_u128(1));
        let [first, second] = [1, 2].map(|sends| Reason { invite_id, sends });
        assert_ne!(first.dedupe_key(), second.dedupe_key());
        assert!(first.is_superseded_by(2));
        assert!(!second.is_superseded_by(2) && !second.is_superseded_by(1));
    }
}
