//! A message to a person, and what became of it.

use kernel::{Email, InviteId, LetterId, Locale, MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
        /// To the address that a person has: another one is wished for.
        EmailChangeOld = "email_change_old",
        /// To the address that is wished for.
        EmailChangeNew = "email_change_new",
        /// The link that sets a new password.
        PasswordReset = "password_reset",
        /// The link and the code that sign in.
        SignIn = "sign_in",
        /// The link and the code that prove an address.
        Address = "address",
        /// To whoever asked to sign up: how to finish it, or that there is an account.
        SignUp = "sign_up",
    }
}

kernel::closed_set! {
    /// What kind of thing a message is about.
    pub(crate) enum SubjectKind {
        /// An invitation.
        Invite = "invite",
        /// A person's wish for another address.
        EmailChange = "email_change",
        /// A letter that lets a person in.
        Letter = "letter",
        /// A stranger who signs up.
        SignUp = "sign_up",
    }
}

kernel::closed_set! {
    /// Where a message stands.
    pub(crate) enum Status {
        /// To be sent, now or at the next attempt.
        Queued = "queued",
        /// Taken by the mail server.
        Sent = "sent",
        /// Taken or refused by a mail server, and not delivered.
        Bounced = "bounced",
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
    pub(crate) subject_id: Uuid,
    pub(crate) dedupe_key: String,
    pub(crate) reason: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) sent_at: Option<Timestamp>,
}

impl Message {
    /// Which sending of an invitation it carries, from 1: the last part of [`Reason::dedupe_key`]; 0 for any other letter.
    pub(crate) fn sends(&self) -> i32 {
        let last = self.dedupe_key.rsplit(':').next();
        last.and_then(|sends| sends.parse().ok()).unwrap_or_default()
    }
}

kernel::closed_set! {
    /// To which of both addresses a letter about a change goes.
    pub(crate) enum Side {
        /// The one that the person has.
        Old = "old",
        /// The one that is wished for.
        New = "new",
    }
}

kernel::closed_set! {
    /// How a letter lets a person in.
    pub(crate) enum Way {
        /// By a link that sets a new password.
        PasswordReset = "password_reset",
        /// By a link or a code that signs in.
        SignIn = "sign_in",
        /// Not at all: by a link or a code that proves the address of whoever is in.
        Address = "address",
    }
}

/// Why there is something to write: one reason makes one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Reason {
    /// An invitation has a link.
    Invite {
        invite_id: InviteId,
        /// Which of its sendings, from 1.
        sends: i32,
    },
    /// A person wishes for another address.
    EmailChange { change_id: Uuid, side: Side },
    /// Somebody asked for a letter that lets them in.
    Entry { letter_id: LetterId, way: Way },
    /// Somebody asked to sign up.
    SignUp { sign_up_id: Uuid },
}

impl Reason {
    /// The letter.
    pub(crate) const fn template(self) -> Template {
        match self {
            Self::Invite { .. } => Template::Invitation,
            Self::EmailChange { side: Side::Old, .. } => Template::EmailChangeOld,
            Self::EmailChange { side: Side::New, .. } => Template::EmailChangeNew,
            Self::Entry { way: Way::PasswordReset, .. } => Template::PasswordReset,
            Self::Entry { way: Way::SignIn, .. } => Template::SignIn,
            Self::Entry { way: Way::Address, .. } => Template::Address,
            Self::SignUp { .. } => Template::SignUp,
        }
    }

    /// What the letter is about.
    pub(crate) const fn subject(self) -> (SubjectKind, Uuid) {
        match self {
            Self::Invite { invite_id, .. } => (SubjectKind::Invite, invite_id.uuid()),
            Self::EmailChange { change_id, .. } => (SubjectKind::EmailChange, change_id),
            Self::Entry { letter_id, .. } => (SubjectKind::Letter, letter_id.uuid()),
            Self::SignUp { sign_up_id } => (SubjectKind::SignUp, sign_up_id),
        }
    }

    /// The key under which the message is kept once.
    pub(crate) fn dedupe_key(self) -> String {
        match self {
            Self::Invite { invite_id, sends } => format!("invite:{invite_id}:{sends}"),
            Self::EmailChange { change_id, side } => format!("email_change:{change_id}:{side}"),
            Self::Entry { letter_id, .. } => format!("letter:{letter_id}"),
            Self::SignUp { sign_up_id } => format!("sign_up:{sign_up_id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_a_reason_of_its_own() {
        let invite_id = InviteId::from(Uuid::from_u128(1));
        let change_id = Uuid::from_u128(1);
        let reasons = [
            Reason::Invite { invite_id, sends: 1 },
            Reason::Invite { invite_id, sends: 2 },
            Reason::EmailChange { change_id, side: Side::Old },
            Reason::EmailChange { change_id, side: Side::New },
            Reason::Entry { letter_id: LetterId::from(change_id), way: Way::SignIn },
            Reason::SignUp { sign_up_id: change_id },
        ];
        let keys: std::collections::BTreeSet<_> =
            reasons.into_iter().map(Reason::dedupe_key).collect();
        assert_eq!(keys.len(), reasons.len());
    }

    #[test]
    fn a_reason_reads_back_from_what_a_job_was_told() {
        let id = Uuid::from_u128(1);
        let told = format!(r#"{{"invite_id":"{id}","sends":2}}"#);
        let invite = Reason::Invite { invite_id: id.into(), sends: 2 };
        assert_eq!(serde_json::from_str::<Reason>(&told).expect("reads"), invite);
        for reason in [
            Reason::EmailChange { change_id: id, side: Side::New },
            Reason::Entry { letter_id: LetterId::from(id), way: Way::PasswordReset },
            Reason::SignUp { sign_up_id: id },
        ] {
            let told = serde_json::to_string(&reason).expect("writes");
            assert_eq!(serde_json::from_str::<Reason>(&told).expect("reads"), reason);
        }
    }
}
