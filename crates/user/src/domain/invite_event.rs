//! What happens to an invitation, and what becomes of its letters.

use kernel::{InviteId, Timestamp};

kernel::closed_set! {
    /// What became of the newest letter of an invitation.
    #[derive(Default)]
    pub(crate) enum Delivery {
        /// Asked for; nothing has been heard of it.
        #[default]
        Queued = "queued",
        /// The mail server took it.
        Sent = "sent",
        /// It was given up.
        Failed = "failed",
    }
}

kernel::closed_set! {
    /// One kind of step in the life of an invitation.
    pub(crate) enum Step {
        /// It was made, and its first letter asked for.
        Created = "created",
        /// A letter with a new link was asked for.
        Resent = "resent",
        /// The mail server took a letter.
        Sent = "sent",
        /// A letter was given up.
        Failed = "failed",
        /// Whoever made it took its link.
        LinkTaken = "link_taken",
        /// Somebody gave a wrong password over its link.
        WrongPassword = "wrong_password",
        /// Somebody came in by it.
        Accepted = "accepted",
        /// It was taken back.
        Revoked = "revoked",
        /// It was told that its time is over.
        Expired = "expired",
    }
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InviteEvent {
    pub(crate) at: Timestamp,
    pub(crate) kind: Step,
    /// Which sending it is about, from 1.
    pub(crate) sends: i32,
    /// Who took it, as audit rows name an actor.
    pub(crate) actor: String,
    /// Why a letter was given up; empty for all else.
    pub(crate) detail: String,
}

/// What became of one letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub(crate) invite_id: InviteId,
    /// Which sending the letter carried.
    pub(crate) sends: i32,
    /// Why it was given up; absent where it was sent.
    pub(crate) problem: Option<String>,
}

impl Delivered {
    /// The step it is in the life of the invitation.
    pub(crate) const fn step(&self) -> Step {
        if self.problem.is_none() { Step::Sent } else { Step::Failed }
    }

    /// Where the invitation's newest letter stands after it; `None` where this was not the newest, or where that was
    /// sent already: letters are told of in any order.
    pub(crate) fn moves(&self, newest: i32, now: Delivery) -> Option<Delivery> {
        let after = if self.problem.is_none() { Delivery::Sent } else { Delivery::Failed };
        (self.sends == newest && now != Delivery::Sent && now != after).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_letter_counts_and_sent_is_the_end() {
        let heard = |sends, problem: Option<&str>| Delivered {
            invite_id: uuid::Uuid::from_u128(1).into(),
            sends,
            problem: problem.map(Into::into),
        };
        for (sends, problem, now, after) in [
            (2, None, Delivery::Queued, Some(Delivery::Sent)),
            (2, Some("no such mailbox"), Delivery::Queued, Some(Delivery::Failed)),
            (2, None, Delivery::Failed, Some(Delivery::Sent)),
            (2, Some("no such mailbox"), Delivery::Sent, None),
            (2, None, Delivery::Sent, None),
            (1, None, Delivery::Queued, None),
            (1, Some("no such mailbox"), Delivery::Queued, None),
        ] {
            assert_eq!(heard(sends, problem).moves(2, now), after, "{sends} {problem:?} {now}");
        }
    }
}
