//! What an ID token has to say (OpenID Connect Core 1.0, section 3.1.3.7).

use std::time::Duration;

use kernel::{Email, Timestamp};
use serde::Deserialize;

/// How far two clocks may differ.
const SKEW: i64 = 60;
/// How long ago a token may have been made: the code was exchanged a moment ago.
const OLDEST: Duration = Duration::from_secs(10 * 60);
/// Characters of a subject.
const LONGEST_SUBJECT: usize = 255;

/// The claims that are looked at. A claim of another type than it has to be is no claim set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    azp: Option<String>,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    name: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What the claims have to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) now: Timestamp,
}

/// Which claim is not what it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadClaim {
    /// Another issuer.
    #[error("iss is another issuer")]
    Issuer,
    /// Nobody, or too long a name.
    #[error("sub is empty, too long or not ASCII")]
    Subject,
    /// For somebody else.
    #[error("aud or azp is not this client")]
    Audience,
    /// Over.
    #[error("exp is past")]
    Expired,
    /// From the future, or from long ago.
    #[error("iat or nbf is not now")]
    Time,
    /// Of another sign-in.
    #[error("nonce is not the one of this sign-in")]
    Nonce,
}

/// Who the provider says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vouched {
    pub(crate) subject: String,
    /// Only where the provider says that it is verified.
    pub(crate) email: Option<Email>,
    pub(crate) name: String,
}

impl Claims {
    /// Checks every claim.
    pub(crate) fn check(self, wanted: Wanted<'_>) -> Result<Vouched, BadClaim> {
        if self.iss != wanted.issuer {
            return Err(BadClaim::Issuer);
        }
        let plain = self.sub.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if self.sub.trim().is_empty() || self.sub.len() > LONGEST_SUBJECT || !plain {
            return Err(BadClaim::Subject);
        }
        if !self.is_for(wanted.client_id) {
            return Err(BadClaim::Audience);
        }
        let now = wanted.now.jiff().as_second();
        if self.exp.saturating_add(SKEW) <= now {
            return Err(BadClaim::Expired);
        }
        let oldest = i64::try_from(OLDEST.as_secs()).unwrap_or(i64::MAX);
        let made = now.saturating_sub(oldest)..=now.saturating_add(SKEW);
        let not_yet = self.nbf.is_some_and(|nbf| nbf > now.saturating_add(SKEW));
        if !made.contains(&self.iat) || not_yet {
            return Err(BadClaim::Time);
        }
        if self.nonce.as_deref() != Some(wanted.nonce) {
            return Err(BadClaim::Nonce);
        }
        let verified = self.email_verified == Some(true);
        let email = self.email.filter(|_| verified).and_then(|text| Email::parse(&text).ok());
        Ok(Vouched { subject: self.sub, email, name: self.name.unwrap_or_default() })
    }

    /// Several audiences need somebody who asked, and whoever asked has to be this client.
    fn is_for(&self, client_id: &str) -> bool {
        let (among, alone) = match &self.aud {
            Audience::One(one) => (one == client_id, true),
            Audience::Many(many) => (many.iter().any(|one| one == client_id), many.len() == 1),
        };
        among && self.azp.as_deref().map_or(alone, |azp| azp == client_id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn check(change: Value) -> Result<Vouched, String> {
        let mut claims = json!({
            "iss": "https://idp.example", "sub": "ann-1", "aud": "usher", "exp": NOW + 300, "iat": NOW,
            "nonce": "n", "email": "ann@school.example", "email_verified": true,
        });
        for (name, value) in change.as_object().expect("an object") {
            match value {
                Value::Null => drop(claims.as_object_mut().expect("claims").remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        let claims: Claims = serde_json::from_value(claims).map_err(|_| "unreadable".to_owned())?;
        let now = jiff::Timestamp::from_second(NOW).expect("a second").into();
        let wanted = Wanted { issuer: "https://idp.example", client_id: "usher", nonce: "n", now };
        claims.check(wanted).map_err(|bad| format!("{bad:?}"))
    }

    #[test]
    fn what_is_right_says_who_it_is() {
        for good in [
            json!({}),
            json!({"aud": ["usher"]}),
            json!({"aud": ["other", "usher"], "azp": "usher"}),
            json!({"exp": NOW - 59}),
            json!({"iat": NOW + 60}),
            json!({"iat": NOW - 600}),
        ] {
            assert_eq!(
                check(good.clone()).map(|vouched| vouched.subject),
                Ok("ann-1".into()),
                "{good}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for (bad, why) in [
            (json!({"iss": "https://idp.example/"}), "Issuer"),
            (json!({"iss": "https://evil.example"}), "Issuer"),
            (json!({"iss": null}), "unreadable"),
            (json!({"sub": ""}), "Subject"),
            (json!({"sub": null}), "unreadable"),
            (json!({"sub": 7}), "unreadable"),
            (json!({"sub": "x".repeat(256)}), "Subject"),
            (json!({"sub": "ann\n"}), "Subject"),
            (json!({"aud": "other"}), "Audience"),
            (json!({"aud": []}), "Audience"),
            (json!({"aud": ["usher", "other"]}), "Audience"),
            (json!({"aud": ["usher", "other"], "azp": "other"}), "Audience"),
            (json!({"azp": "other"}), "Audience"),
            (json!({"aud": null}), "unreadable"),
            (json!({"aud": {"usher": true}}), "unreadable"),
            (json!({"exp": NOW - 60}), "Expired"),
            (json!({"exp": null}), "unreadable"),
            (json!({"exp": (NOW + 300).to_string()}), "unreadable"),
            (json!({"iat": NOW + 61}), "Time"),
            (json!({"iat": NOW - 601}), "Time"),
            (json!({"iat": null}), "unreadable"),
            (json!({"nbf": NOW + 61}), "Time"),
            (json!({"nonce": "m"}), "Nonce"),
            (json!({"nonce": null}), "Nonce"),
            (json!({"email_verified": "true"}), "unreadable"),
        ] {
            assert_eq!(check(bad.clone()).err().as_deref(), Some(why), "{bad}");
        }
    }

    #[test]
    fn only_a_verified_address_is_an_address() {
        let email = |change| check(change).expect("is right").email.map(|email| email.to_string());
        assert_eq!(email(json!({})).as_deref(), Some("ann@school.example"));
        for none in [
            json!({"email_verified": false}),
            json!({"email_verified": null}),
            json!({"email": null}),
            json!({"email": "a@b@school.example"}),
        ] {
            assert_eq!(email(none.clone()), None, "{none}");
        }
    }
}
