//! What people have agreed to, what apps push before they ask, and whether somebody is to be asked.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{TenantId, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::ClientName;

/// Begins the name of what an app pushed (RFC 9126, section 2.2).
const URN: &str = "urn:ietf:params:oauth:request_uri:";
/// How long what was pushed is shown to people.
pub(crate) const SHOWN: Duration = Duration::from_secs(90);
/// How much longer whoever is looking at it may answer.
const ANSWERED: Duration = Duration::from_secs(500);

/// Whether the person is to be asked (OpenID Connect Core, section 3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Where they have not agreed yet.
    WhereNew,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

impl Prompt {
    /// Reads the parameter; `None` for what is not known here.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self::WhereNew),
            "consent" => Some(Self::Always),
            "none" => Some(Self::Never),
            _ => None,
        }
    }
}

/// The name of what an app pushed; never printed.
#[derive(Clone, Debug)]
pub(crate) struct RequestUri(SecretString);

impl RequestUri {
    /// A name of random bytes.
    pub(crate) fn of(random: &[u8; 32]) -> Self {
        Self(format!("{URN}{}", URL_SAFE_NO_PAD.encode(random)).into())
    }

    /// Reads a presented name; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(URN)?).ok()?;
        (bytes.len() == 32).then(|| Self(text.into()))
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.expose().as_bytes()).as_ref().into()
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What an app pushed, as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Pushed {
    pub(crate) client_id: Uuid,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    pub(crate) prompt: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
}

impl Pushed {
    /// Whether it may be shown.
    pub(crate) fn is_shown(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }

    /// Whether an answer still counts of somebody to whom it was shown.
    pub(crate) fn is_answered(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.expires_at.after(ANSWERED) > now
    }
}

/// What a person has agreed to.
#[derive(Debug, Clone)]
pub(crate) struct Consent {
    pub(crate) consent_id: Uuid,
    /// Where it counts.
    pub(crate) tenant: TenantId,
    pub(crate) client: ClientName,
    pub(crate) client_name: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) agreed_at: Timestamp,
}

/// Whether who agreed to `agreed` has agreed to each of `asked`.
pub(crate) fn covers(agreed: &[String], asked: &[String]) -> bool {
    asked.iter().all(|scope| agreed.contains(scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_was_pushed_read_back_in_one_spelling_and_are_not_printed() {
        let uri = RequestUri::of(&[7; 32]);
        let read = RequestUri::parse(uri.expose()).expect("reads back");
        assert_eq!(read.hash(), uri.hash());
        assert!(!format!("{uri:?}").contains(uri.expose()));
        let text = uri.expose();
        for bad in
            ["", URN, &text[1..], &format!("{text}="), &format!("{text}A"), "https://a.example"]
        {
            assert!(RequestUri::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn people_are_asked_in_the_three_ways_that_are_known() {
        for (text, prompt) in [
            ("", Some(Prompt::WhereNew)),
            ("consent", Some(Prompt::Always)),
            ("none", Some(Prompt::Never)),
            ("none consent", None),
            ("login", None),
            ("NONE", None),
        ] {
            assert_eq!(Prompt::parse(text), prompt, "{text}");
        }
    }

    #[test]
    fn what_was_pushed_is_shown_for_its_time_and_answered_a_little_longer_once() {
        let at: Timestamp = jiff::Timestamp::UNIX_EPOCH.into();
        let pushed = Pushed {
            client_id: Uuid::nil(),
            redirect_uri: String::new(),
            scope: String::new(),
            state: String::new(),
            nonce: String::new(),
            challenge: String::new(),
            prompt: String::new(),
            created_at: at,
            expires_at: at.after(SHOWN),
            used_at: None,
        };
        let after = |seconds| at.after(Duration::from_secs(seconds));
        assert!(pushed.is_shown(after(89)) && !pushed.is_shown(after(90)));
        assert!(pushed.is_answered(after(589)) && !pushed.is_answered(after(590)));
        let used = Pushed { used_at: Some(at), ..pushed };
        assert!(!used.is_shown(at) && !used.is_answered(at));
    }

    #[test]
    fn less_than_was_agreed_to_is_covered_and_more_is_not() {
        let agreed = ["openid", "email"].map(String::from);
        assert!(covers(&agreed, &agreed[1..]) && covers(&agreed, &[]));
        assert!(!covers(&agreed[..1], &agreed));
    }
}
