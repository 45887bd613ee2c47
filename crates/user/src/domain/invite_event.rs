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
        /// It came back.
        Bounced = "bounced",
        /// The page of its link was shown to a person.
        Opened = "opened",
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
        /// A letter came back.
        Bounced = "bounced",
        /// The page of its link was shown to a person.
        Opened = "opened",
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
    /// Why a letter was given up or came back, and by which provider somebody accepted; empty for all else.
    pub(crate) detail: String,
}

/// What became of one letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub(crate) invite_id: InviteId,
    /// Which sending the letter carried.
    pub(crate) sends: i32,
    pub(crate) fate: Fate,
}

/// How a letter ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The mail server took it.
    Sent,
    /// It came back; why.
    Bounced(String),
    /// It was given up; why.
    Failed(String),
}

impl Delivered {
    /// The step it is in the life of the invitation.
    pub(crate) const fn step(&self) -> Step {
        match self.fate {
            Fate::Sent => Step::Sent,
            Fate::Bounced(_) => Step::Bounced,
            Fate::Failed(_) => Step::Failed,
        }
    }

    /// Why the letter did not arrive; empty where it was sent.
    pub(crate) fn detail(&self) -> &str {
        match &self.fate {
            Fate::Sent => "",
            Fate::Bounced(why) | Fate::Failed(why) => why,
        }
    }

    /// Where the invitation's newest letter stands after it; `None` where this was not the newest, or where more is known
    /// of that already: letters are told of in any order. Only what was sent comes back, and only what arrived is opened.
    pub(crate) fn moves(&self, newest: i32, now: Delivery) -> Option<Delivery> {
        let (after, before): (_, &[Delivery]) = match self.fate {
            Fate::Sent => (Delivery::Sent, &[Delivery::Queued, Delivery::Failed]),
            Fate::Failed(_) => (Delivery::Failed, &[Delivery::Queued]),
            Fate::Bounced(_) => {
                (Delivery::Bounced, &[Delivery::Queued, Delivery::Failed, Delivery::Sent])
            }
        };
        (self.sends == newest && before.contains(&now)).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_letter_counts_and_nothing_known_is_forgotten() {
        let (failed, bounced) = (Fate::Failed("why".into()), Fate::Bounced("why".into()));
        for (sends, fate, now, after) in [
            (2, Fate::Sent, Delivery::Queued, Some(Delivery::Sent)),
            (2, failed.clone(), Delivery::Queued, Some(Delivery::Failed)),
            (2, Fate::Sent, Delivery::Failed, Some(Delivery::Sent)),
            (2, failed.clone(), Delivery::Sent, None),
            (2, Fate::Sent, Delivery::Sent, None),
            (2, bounced.clone(), Delivery::Queued, Some(Delivery::Bounced)),
            (2, bounced.clone(), Delivery::Sent, Some(Delivery::Bounced)),
            (2, bounced.clone(), Delivery::Bounced, None),
            (2, Fate::Sent, Delivery::Bounced, None),
            (2, bounced.clone(), Delivery::Opened, None),
            (2, Fate::Sent, Delivery::Opened, None),
            (1, Fate::Sent, Delivery::Queued, None),
            (1, failed, Delivery::Queued, None),
            (1, bounced, Delivery::Sent, None),
        ] {
            let heard = Delivered { invite_id: uuid::Uuid::from_u128(1).into(), sends, fate };
            assert_eq!(heard.moves(2, now), after, "{heard:?} {now}");
        }
    }
}
