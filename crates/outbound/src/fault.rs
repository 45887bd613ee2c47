//! Why a call did not do what it was made for, in words for two readers and in classes for machines.

use std::{borrow::Cow, time::Duration};

kernel::closed_set! {
    /// What kind of failure it is; decides whether trying again helps.
    pub enum Class {
        /// Something must be set right by a person first.
        Config = "config",
        /// The other side is away, slow or busy: the same call may succeed later.
        Transient = "transient",
        /// A fault of ours, or an answer that we do not understand.
        System = "system",
    }
}

kernel::closed_set! {
    /// Whether the failed call may have acted on the other side.
    pub enum Effect {
        /// Nothing was done, for certain.
        None = "none",
        /// It may have acted.
        Unknown = "unknown",
    }
}

kernel::closed_set! {
    /// What happened. The first part is found out by [`Outbound`](crate::Outbound), the second by whoever reads answers.
    pub enum Kind {
        /// The address is none that can be called.
        AddressInvalid = "address_invalid",
        /// The address leads inside.
        AddressForbidden = "address_forbidden",
        /// The host's name is not known.
        HostUnknown = "host_unknown",
        /// No connection came about.
        Unreachable = "unreachable",
        /// The certificate of the other side does not hold.
        CertificateRefused = "certificate_refused",
        /// No whole answer came in time.
        TimedOut = "timed_out",
        /// The connection broke before the whole answer was there.
        ConnectionLost = "connection_lost",
        /// The answer is longer than anything expected.
        AnswerTooLong = "answer_too_long",
        /// The answer is a redirect, which is never followed.
        Redirected = "redirected",
        /// Our own limits for this host or purpose leave no room in time.
        Paced = "paced",
        /// The host failed so often that it is left alone for a while.
        BreakerOpen = "breaker_open",
        /// The other side refused what was sent.
        Rejected = "rejected",
        /// It does not know our key.
        KeyRefused = "key_refused",
        /// It knows our key, but does not let us do this.
        Forbidden = "forbidden",
        /// It knows nothing under that name.
        NotFound = "not_found",
        /// It asked us to slow down.
        RateLimited = "rate_limited",
        /// It failed by its own word.
        Failed = "failed",
        /// Its answer is none of its answers.
        Malformed = "malformed",
        /// What was to be sent could not be: a fault of ours.
        Unsendable = "unsendable",
    }
}

impl Kind {
    const fn class(self) -> Class {
        match self {
            Self::AddressInvalid
            | Self::AddressForbidden
            | Self::CertificateRefused
            | Self::Redirected
            | Self::Rejected
            | Self::KeyRefused
            | Self::Forbidden
            | Self::NotFound => Class::Config,
            Self::HostUnknown
            | Self::Unreachable
            | Self::TimedOut
            | Self::ConnectionLost
            | Self::Paced
            | Self::BreakerOpen
            | Self::RateLimited
            | Self::Failed => Class::Transient,
            Self::AnswerTooLong | Self::Malformed | Self::Unsendable => Class::System,
        }
    }

    const fn effect(self) -> Effect {
        match self {
            Self::TimedOut
            | Self::ConnectionLost
            | Self::AnswerTooLong
            | Self::Redirected
            | Self::Failed
            | Self::Malformed => Effect::Unknown,
            _ => Effect::None,
        }
    }
}

/// A failed call. No part of it ever holds a secret: addresses are told as hosts, and a connector strikes its keys out
/// of the words that the other side sent ([`Fault::without`]).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {operator}")]
pub struct Fault {
    /// What happened.
    pub kind: Kind,
    /// The stable word for it: the kind, with the connector's name before it once [`Fault::of`] has said whose.
    pub reason: Cow<'static, str>,
    /// Whether trying again helps.
    pub class: Class,
    /// Whether the call may have acted.
    pub effect: Effect,
    /// The other side, or a limit of ours, asks for at least this pause.
    pub retry_after: Option<Duration>,
    /// A sentence that a tenant understands.
    pub user: String,
    /// Details for an operator.
    pub operator: String,
}

impl Fault {
    /// A failure of this kind, with the class and effect that the kind has.
    pub fn new(kind: Kind, user: impl Into<String>, operator: impl Into<String>) -> Self {
        Self {
            kind,
            reason: Cow::Borrowed(kind.as_str()),
            class: kind.class(),
            effect: kind.effect(),
            retry_after: None,
            user: user.into(),
            operator: operator.into(),
        }
    }

    /// A failure that passes by itself, with the words that fit all of these.
    pub(crate) fn away(kind: Kind, operator: impl Into<String>) -> Self {
        Self::new(kind, "The other side is not available at the moment; try again later.", operator)
    }

    /// The same failure with the connector's name before its reason: `legacy_rejected`.
    #[must_use]
    pub fn of(mut self, connector: &str) -> Self {
        self.reason = Cow::Owned(format!("{connector}_{}", self.kind));
        self
    }

    /// The same failure under a reason of its own.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reason = Cow::Borrowed(reason);
        self
    }

    /// The same failure, which did nothing for certain.
    #[must_use]
    pub fn without_effect(mut self) -> Self {
        self.effect = Effect::None;
        self
    }

    /// The next try must not come before this pause is over.
    #[must_use]
    pub fn retry_after(mut self, pause: Option<Duration>) -> Self {
        self.retry_after = pause;
        self
    }

    /// The same failure with every occurrence of `secret` struck out of its words.
    #[must_use]
    pub fn without(mut self, secret: &str) -> Self {
        if !secret.is_empty() {
            self.user = self.user.replace(secret, "***");
            self.operator = self.operator.replace(secret, "***");
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_says_whether_trying_again_helps_and_whether_it_may_have_acted() {
        for kind in Kind::ALL {
            let fault = Fault::new(*kind, "u", "o");
            assert_eq!(fault.reason, kind.as_str());
            let may_act = fault.effect == Effect::Unknown;
            match fault.class {
                Class::Config => assert_eq!(may_act, *kind == Kind::Redirected, "{kind}"),
                Class::Transient => {
                    let late = [Kind::TimedOut, Kind::ConnectionLost, Kind::Failed];
                    assert_eq!(may_act, late.contains(kind), "{kind}");
                }
                Class::System => assert_eq!(may_act, *kind != Kind::Unsendable, "{kind}"),
            }
        }
    }

    #[test]
    fn a_secret_is_struck_out_of_all_words() {
        let fault =
            Fault::new(Kind::Rejected, "bad canary", "canary!").of("legacy").without("canary");
        assert_eq!(fault.reason, "legacy_rejected");
        assert_eq!((fault.user.as_str(), fault.operator.as_str()), ("bad ***", "***!"));
        assert_eq!(fault.clone().without(""), fault);
    }
}
