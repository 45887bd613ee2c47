//! Status codes of mail systems (RFC 3463), and what they say.

use std::fmt;

kernel::closed_set! {
    /// Why a letter bounced.
    pub(crate) enum BounceReason {
        /// Nobody has such an address.
        MailboxUnknown = "mailbox_unknown",
        /// The mailbox takes no more.
        MailboxFull = "mailbox_full",
        /// The mailbox takes nothing.
        MailboxUnavailable = "mailbox_unavailable",
        /// No way led there.
        DestinationUnreachable = "destination_unreachable",
        /// It was taken for something that is not wanted.
        LetterRefused = "letter_refused",
        /// Anything else.
        Undeliverable = "undeliverable",
    }
}

/// A status code: class, subject, detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EnhancedStatus {
    class: u16,
    subject: u16,
    detail: u16,
}

impl EnhancedStatus {
    /// Reads the code that a text begins with.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let code = text.split(|c: char| c.is_whitespace() || c == '(').next()?;
        let mut parts = code.split('.').map(|digits| {
            let fits =
                (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|_| fits)
        });
        let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
        let whole = parts.next().is_none() && [2, 4, 5].contains(&class);
        whole.then_some(Self { class, subject, detail })
    }

    /// Whether sending again would meet the same.
    pub(crate) const fn is_permanent(self) -> bool {
        self.class == 5
    }

    /// What it says.
    pub(crate) const fn reason(self) -> BounceReason {
        match (self.subject, self.detail) {
            // Of the sender's address and not of the recipient's.
            (1, 7 | 8) | (6 | 7, _) => BounceReason::LetterRefused,
            (1, _) => BounceReason::MailboxUnknown,
            (2, 2) => BounceReason::MailboxFull,
            (2, _) => BounceReason::MailboxUnavailable,
            (3 | 4, _) => BounceReason::DestinationUnreachable,
            _ => BounceReason::Undeliverable,
        }
    }
}

impl fmt::Display for EnhancedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl BounceReason {
    /// Why the recipient is refused by an answer of this code and text (RFC 5321); nothing where the answer is about the
    /// letter or its sender. A code without a status does not say which it is: a server that relays nothing for us answers
    /// with the same.
    pub(crate) fn of_answer(code: &str, text: &str) -> Option<Self> {
        let of_mailbox = [Self::MailboxUnknown, Self::MailboxFull, Self::MailboxUnavailable];
        match EnhancedStatus::parse(text) {
            Some(status) => Some(status.reason()).filter(|reason| of_mailbox.contains(reason)),
            None => ["550", "551", "553"].contains(&code).then_some(Self::Undeliverable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_and_says_whether_another_letter_helps() {
        for (text, permanent, reason) in [
            ("5.1.1", true, BounceReason::MailboxUnknown),
            ("5.1.8 bad sender", true, BounceReason::LetterRefused),
            ("5.2.2(full)", true, BounceReason::MailboxFull),
            ("4.2.1", false, BounceReason::MailboxUnavailable),
            ("4.4.7", false, BounceReason::DestinationUnreachable),
            ("5.7.1", true, BounceReason::LetterRefused),
            ("5.0.0", true, BounceReason::Undeliverable),
        ] {
            let status = EnhancedStatus::parse(text).expect(text);
            assert_eq!((status.is_permanent(), status.reason()), (permanent, reason), "{text}");
            assert!(text.starts_with(&status.to_string()), "{text}");
        }
        for bad in
            ["", "5", "5.1", "5.1.1.1", "3.1.1", "5.1.x", "5.1.1000", "5..1", "-5.1.1", "+5.1.1"]
        {
            assert_eq!(EnhancedStatus::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_answer_is_about_the_recipient_or_about_the_letter() {
        for (code, text, reason) in [
            ("550", "5.1.1 no such user", Some(BounceReason::MailboxUnknown)),
            ("550", "relaying denied", Some(BounceReason::Undeliverable)),
            ("553", "who are you", Some(BounceReason::Undeliverable)),
            ("552", "5.2.2 full", Some(BounceReason::MailboxFull)),
            ("550", "5.7.1 spam", None),
            ("553", "5.1.8 who are you", None),
            ("554", "not wanted", None),
            ("552", "too large", None),
        ] {
            assert_eq!(BounceReason::of_answer(code, text), reason, "{code} {text}");
        }
    }
}
