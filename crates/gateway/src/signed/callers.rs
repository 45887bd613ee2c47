//! The programs that may sign, and their keys. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use aws_lc_rs::hmac;
use boot::{ConfigError, SecretArg};

use super::{head::Refusal, text::Call};

/// The setting that names them.
const SETTING: &str = "USHER_SIGNED_CALLERS";
/// Keys that one may have at a time: the new one and the one before.
const KEYS: usize = 2;
/// Fewest characters of a key.
const SHORTEST: usize = 32;
/// How far from now a call may say that it was signed, in seconds.
pub(super) const WINDOW: i64 = 300;

/// The programs by name, each with one key or two. Never printed.
#[derive(Clone, Default)]
pub struct Callers(BTreeMap<String, Vec<hmac::Key>>);

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Callers {
    /// Reads `name=key,name=key`; who stands there twice has two keys, either of which counts. A
    /// key is one program's alone: the old form tells by it who signed.
    ///
    /// # Errors
    /// The setting's name with what is wrong, and no key.
    pub fn read(setting: Option<&SecretArg>) -> Result<Self, ConfigError> {
        let mut callers: BTreeMap<String, Vec<hmac::Key>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        let listed = setting.map(SecretArg::expose).unwrap_or_default();
        for entry in listed.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (name, key) = entry.split_once('=').ok_or_else(|| {
                invalid("give name=key, separated by commas, twice for a name with two keys".into())
            })?;
            if !is_name(name) {
                return Err(invalid("a name has 2 to 32 of a-z, 0-9 and -".into()));
            }
            if key.len() < SHORTEST || !key.bytes().all(|b| b.is_ascii_graphic()) {
                let told =
                    format!("a key of `{name}` has fewer than {SHORTEST} visible characters");
                return Err(invalid(told));
            }
            if !known.insert(key) {
                return Err(invalid(format!("a key of `{name}` stands there twice")));
            }
            let keys = callers.entry(name.to_owned()).or_default();
            keys.push(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()));
            if keys.len() > KEYS {
                return Err(invalid(format!("`{name}` has more than {KEYS} keys")));
            }
        }
        Ok(Self(callers))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one may sign.
    pub(super) fn know(&self, caller: &str) -> Result<(), Refusal> {
        if self.0.contains_key(caller) { Ok(()) } else { Err(Refusal::Caller) }
    }

    /// Whether one of the caller's keys made the signature.
    pub(super) fn check(&self, call: &Call, signature: &[u8]) -> Result<(), Refusal> {
        let keys = self.0.get(&call.caller).ok_or(Refusal::Caller)?;
        if fits(keys, &call.text(), signature) { Ok(()) } else { Err(Refusal::Signature) }
    }

    /// Whose key made a signature of the old form, which does not say it.
    pub(super) fn find(&self, call: &Call, signature: &[u8]) -> Result<&str, Refusal> {
        let text = call.old_text();
        let signer = self.0.iter().find(|(_, keys)| fits(keys, &text, signature));
        signer.map(|(name, _)| name.as_str()).ok_or(Refusal::Signature)
    }
}

/// Compared in constant time.
fn fits(keys: &[hmac::Key], text: &str, signature: &[u8]) -> bool {
    let fit = |key| hmac::verify(key, text.as_bytes(), signature).is_ok();
    keys.iter().fold(false, |known, key| fit(key) | known)
}

/// Whether a call was signed about now.
pub(super) fn is_timely(timestamp: i64, now: i64) -> bool {
    timestamp.abs_diff(now) <= WINDOW.unsigned_abs()
}

fn is_name(text: &str) -> bool {
    (2..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn invalid(reason: String) -> ConfigError {
    ConfigError::Invalid { key: SETTING, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signed::{head::unhex, text::sum};

    const KEY: &str = "a-key-of-thirty-two-characters-or-more";
    const NEXT: &str = "the-key-that-comes-after-it-in-a-rotation";
    /// Made with another implementation (Python's `hmac`) from the same values.
    const GOLDEN: [&str; 3] = [
        // By the one key, by the next, and in the old form by the one.
        "b7f0f5d908bf3d134cb60f1e0ad8e996288bd79f757f30d0e9f79f2451e36e77",
        "57e0eb553fa5cf1ea2eed02568301095283820aa49b15f06d136decc1010bc46",
        "ca513575bc65323da440a9cc63db854b0a7b5bc674666de76773f872cb8f4d6d",
    ];

    fn callers(text: &str) -> Result<Callers, ConfigError> {
        Callers::read(Some(&text.into()))
    }

    fn two() -> Callers {
        callers(&format!("bff={KEY},bff={NEXT},jobs={}", "j".repeat(40))).expect("reads")
    }

    fn call() -> Call {
        Call {
            caller: "bff".into(),
            method: "POST".into(),
            path: "/v1/events".into(),
            query: "from=2026-01-01&limit=5".into(),
            body: sum(br#"{"title":"Chess"}"#),
            tenant: "acme".into(),
            slug: "acme".into(),
            user: "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0a01".into(),
            flags: r#"{"suspended":false}"#.into(),
            version: "\"7\"".into(),
            repeat: "key-of-a-repeat".into(),
            request_id: "0192f0c1-request".into(),
            timestamp: "1767225600".into(),
            nonce: "n0nce-of-sixteen".into(),
        }
    }

    fn golden(at: usize) -> Vec<u8> {
        unhex(GOLDEN[at]).expect("hex").to_vec()
    }

    #[test]
    fn the_text_of_a_call_is_signed_as_others_sign_it_by_either_key() {
        assert_eq!(sum(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(call().text().lines().count(), 15);
        assert_eq!(two().check(&call(), &golden(0)), Ok(()));
        assert_eq!(two().check(&call(), &golden(1)), Ok(()), "the key it rotates to");
        let one = callers(&format!("bff={NEXT}")).expect("reads");
        assert_eq!(one.check(&call(), &golden(0)), Err(Refusal::Signature), "the key is gone");
    }

    #[test]
    fn the_old_form_is_signed_as_it_always_was_and_names_its_signer_by_the_key() {
        assert_eq!(two().find(&call(), &golden(2)), Ok("bff"));
        let untold = Call { query: String::new(), user: String::new(), ..call() };
        assert_eq!(two().find(&untold, &golden(2)), Ok("bff"), "what the old form leaves out");
        let other = Call { path: "/v1/other".into(), ..call() };
        assert_eq!(two().find(&other, &golden(2)), Err(Refusal::Signature));
        assert_eq!(two().check(&call(), &golden(2)), Err(Refusal::Signature), "no new one");
    }

    #[test]
    fn whatever_is_altered_the_signature_does_not_fit() {
        let alter: [fn(&mut Call) -> &mut String; 13] = [
            |call| &mut call.method,
            |call| &mut call.path,
            |call| &mut call.query,
            |call| &mut call.body,
            |call| &mut call.tenant,
            |call| &mut call.slug,
            |call| &mut call.user,
            |call| &mut call.flags,
            |call| &mut call.version,
            |call| &mut call.repeat,
            |call| &mut call.request_id,
            |call| &mut call.timestamp,
            |call| &mut call.nonce,
        ];
        for (at, alter) in alter.into_iter().enumerate() {
            for change in [|text: &mut String| text.push('x'), |text: &mut String| text.clear()] {
                let mut altered = call();
                change(alter(&mut altered));
                assert_eq!(two().check(&altered, &golden(0)), Err(Refusal::Signature), "{at}");
            }
        }
        let moved = Call { path: "/v1/events\nfrom=2026-01-01&limit=5".into(), ..call() };
        assert_eq!(two().check(&moved, &golden(0)), Err(Refusal::Signature));
        for (caller, refusal) in [("jobs", Refusal::Signature), ("nobody", Refusal::Caller)] {
            let other = Call { caller: caller.into(), ..call() };
            assert_eq!(two().check(&other, &golden(0)), Err(refusal), "{caller}");
        }
        for at in 0..32 {
            let mut bent = golden(0);
            bent[at] ^= 1;
            assert_eq!(two().check(&call(), &bent), Err(Refusal::Signature), "byte {at}");
        }
        assert_eq!(two().check(&call(), &golden(0)[..31]), Err(Refusal::Signature));
    }

    #[test]
    fn a_call_is_timely_for_five_minutes_in_both_directions() {
        for (timestamp, timely) in [
            (1000, true),
            (700, true),
            (1300, true),
            (699, false),
            (1301, false),
            (i64::MIN, false),
        ] {
            assert_eq!(is_timely(timestamp, 1000), timely, "{timestamp}");
        }
    }

    #[test]
    fn a_setting_that_cannot_be_used_names_itself_and_shows_no_key() {
        assert!(Callers::read(None).expect("none").is_empty());
        assert!(callers(" , ").expect("none").is_empty());
        let three = format!("bff={KEY},bff={NEXT},bff={}", "k".repeat(40));
        for bad in [
            KEY,
            "bff=canary",
            "bff=",
            &format!("Bff={KEY}"),
            &format!("b={KEY}"),
            &format!("={KEY}"),
            &format!("bff={KEY} canary"),
            &three,
            &format!("bff={KEY},jobs={KEY}"),
            &format!("bff={KEY},bff={KEY}"),
        ] {
            let refused = callers(bad).expect_err(bad);
            assert_eq!(refused.key(), SETTING);
            let told = format!("{refused} {refused:?}");
            assert!(!told.contains("canary") && !told.contains(KEY), "{told}");
        }
        assert_eq!(format!("{:?}", two()), r#"{"bff", "jobs"}"#);
    }
}
