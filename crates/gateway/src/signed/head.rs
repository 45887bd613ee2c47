//! What the headers of a signed call say. Pure.

use http::HeaderMap;
use kernel::{Code, Slug, TenantId, UserId};
use serde::Deserialize;

use crate::{client::REQUEST_ID, problem::Problem};

const CALLER: &str = "x-usher-caller";
const NONCE: &str = "x-usher-nonce";
const SIGNATURE: &str = "x-usher-signature";
const TIMESTAMP: &str = "x-usher-timestamp";
/// Of the old form.
const OLD_SIGNATURE: &str = "x-updspace-signature";
const OLD_TIMESTAMP: &str = "x-updspace-timestamp";
/// For whom and where, in either form.
const TENANT: &str = "x-tenant-id";
const SLUG: &str = "x-tenant-slug";
const USER: &str = "x-user-id";
const FLAGS: &str = "x-master-flags";
/// What else decides what a call does, where it stands.
const VERSION: &str = "if-match";
const REPEAT: &str = "idempotency-key";

/// Longest value of a header that is signed.
const LONGEST: usize = 256;

/// Why a signed call is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{0}")]
    Malformed(&'static str),
    #[error(
        "Calls signed in this form are not taken here; sign tenant, person, flags and query too."
    )]
    OldForm,
    #[error("Nobody of this name may sign calls.")]
    Caller,
    #[error(
        "The call was signed too long ago or ahead of time; look at the clock and sign it anew."
    )]
    Expired,
    #[error("The signature does not fit the call.")]
    Signature,
    #[error("The call was made before; sign it anew with another word.")]
    Replayed,
    #[error("Signatures cannot be checked at the moment; try again shortly.")]
    Unchecked,
}

impl Refusal {
    const fn reason(self) -> &'static str {
        match self {
            Self::Malformed(_) => "signature_malformed",
            Self::OldForm => "signature_form_old",
            Self::Caller => "signature_caller_unknown",
            Self::Expired => "signature_expired",
            Self::Signature => "signature_wrong",
            Self::Replayed => "signature_replayed",
            Self::Unchecked => "signature_unchecked",
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Unchecked => Code::Unavailable,
            _ => Code::Unauthenticated,
        };
        Self::new(code, refusal.reason(), refusal.to_string())
    }
}

/// What is shown of a signed call, right or wrong; stands among the extensions of its request.
#[derive(Debug, Clone)]
pub(crate) struct Shown(pub(super) Result<Head, Refusal>);

/// The headers of a signed call. None of them is believed before the signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) form: Form,
    pub(super) signature: [u8; 32],
    pub(super) timestamp: (String, i64),
    pub(super) request_id: String,
    pub(super) tenant: String,
    /// As it stands on the wire, and as it is read.
    pub(super) slug: (String, Option<Slug>),
    pub(super) user: UserId,
    pub(super) flags: (String, Flags),
    pub(super) version: String,
    pub(super) repeat: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    New { caller: String, nonce: String },
    Old,
}

/// What the caller says of its person. It narrows what the person may do and never widens it: whether the platform trusts
/// somebody is the platform's own word, and software has no part in that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Flags {
    pub(super) suspended: bool,
    #[serde(rename = "system_admin")]
    _system_admin: bool,
}

/// Whether the call says that it is signed.
pub(crate) fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key(SIGNATURE) || headers.contains_key(OLD_SIGNATURE)
}

impl Shown {
    /// Reads the headers of a call that says it is signed.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        Self(Head::read(headers))
    }
}

impl Head {
    fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let is_old = headers.contains_key(OLD_SIGNATURE);
        if is_old && headers.contains_key(SIGNATURE) {
            return Err(Refusal::Malformed("Sign a call in one form."));
        }
        let (form, signature, timestamp) = match is_old {
            true => (Form::Old, OLD_SIGNATURE, OLD_TIMESTAMP),
            false => {
                let form = Form::New { caller: word(headers, CALLER)?, nonce: nonce(headers)? };
                (form, SIGNATURE, TIMESTAMP)
            }
        };
        let bad_sum = Refusal::Malformed("A signature is HMAC-SHA256 in 64 lower-case hex digits.");
        let bad_user = Refusal::Malformed("X-User-Id names the person, in lower case.");
        let tenant = word(headers, TENANT)?;
        if TenantId::parse(&tenant).is_err() && Slug::parse(&tenant).is_err() {
            return Err(Refusal::Malformed("X-Tenant-Id names the tenant, in lower case."));
        }
        Ok(Self {
            form,
            signature: unhex(&word(headers, signature)?).ok_or(bad_sum)?,
            timestamp: instant(word(headers, timestamp)?)?,
            request_id: word(headers, REQUEST_ID.as_str())?,
            tenant,
            slug: slug(headers)?,
            user: UserId::parse(&word(headers, USER)?).map_err(|_| bad_user)?,
            flags: flags(headers)?,
            version: text(headers, VERSION)?,
            repeat: text(headers, REPEAT)?,
        })
    }
}

/// The value of a header that stands once at most; empty where it does not stand.
fn text(headers: &HeaderMap, name: &str) -> Result<String, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(String::new()),
        (Some(value), None) => match value.to_str() {
            Ok(text) if text.len() <= LONGEST => Ok(text.to_owned()),
            _ => {
                Err(Refusal::Malformed("A header of the signature is no plain text, or too long."))
            }
        },
        _ => Err(Refusal::Malformed("Each header of a signature stands once.")),
    }
}

/// The same, which has to be there.
fn word(headers: &HeaderMap, name: &str) -> Result<String, Refusal> {
    match text(headers, name)? {
        text if text.is_empty() => Err(Refusal::Malformed(
            "A signed call has X-Request-Id, X-Tenant-Id, X-User-Id, and its caller's name, time, word and signature.",
        )),
        text => Ok(text),
    }
}

fn nonce(headers: &HeaderMap) -> Result<String, Refusal> {
    let nonce = word(headers, NONCE)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if (16..=64).contains(&nonce.len()) && nonce.bytes().all(plain) {
        return Ok(nonce);
    }
    Err(Refusal::Malformed("X-Usher-Nonce has 16 to 64 letters, digits, - and _."))
}

fn instant(text: String) -> Result<(String, i64), Refusal> {
    match text.parse::<i64>() {
        Ok(seconds) if seconds.to_string() == text => Ok((text, seconds)),
        _ => Err(Refusal::Malformed("The time of a signature is in seconds since 1970.")),
    }
}

fn slug(headers: &HeaderMap) -> Result<(String, Option<Slug>), Refusal> {
    let text = text(headers, SLUG)?;
    let slug = (!text.is_empty()).then(|| Slug::parse(&text)).transpose();
    let slug = slug.map_err(|_| Refusal::Malformed("X-Tenant-Slug is the tenant's slug."))?;
    Ok((text, slug))
}

/// A list of words is refused and not read as no flags: whoever is suspended must not slip in by another spelling.
fn flags(headers: &HeaderMap) -> Result<(String, Flags), Refusal> {
    let text = text(headers, FLAGS)?;
    if text.is_empty() {
        return Ok((text, Flags::default()));
    }
    let bad =
        "X-Master-Flags is a JSON object of `suspended` and `system_admin`, each true or false.";
    let flags = Some(&text).filter(|text| text.starts_with('{'));
    let flags = flags.and_then(|text| serde_json::from_str(text).ok());
    Ok((text, flags.ok_or(Refusal::Malformed(bad))?))
}

/// 32 bytes from lower-case hex.
pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let (mut bytes, pairs) = ([0; 32], text.as_bytes());
    if pairs.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0a01";

    fn good() -> Vec<(&'static str, String)> {
        [
            ("x-usher-caller", "bff"),
            ("x-usher-timestamp", "1767225600"),
            ("x-usher-nonce", "n0nce-of-sixteen"),
            ("x-usher-signature", "ab"),
            ("x-request-id", "0192f0c1-request"),
            ("x-tenant-id", "acme"),
            ("x-user-id", PERSON),
        ]
        .map(|(name, value)| (name, if value == "ab" { "ab".repeat(32) } else { value.into() }))
        .to_vec()
    }

    fn read(headers: &[(&'static str, String)]) -> Result<Head, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("value"));
        }
        Head::read(&map)
    }

    fn with(name: &'static str, value: &str) -> Result<Head, Refusal> {
        let mut headers = good();
        headers.retain(|(other, _)| *other != name);
        headers.push((name, value.to_owned()));
        read(&headers)
    }

    #[test]
    fn a_call_shows_who_signed_it_for_whom_and_where() {
        let head = read(&good()).expect("reads");
        assert_eq!((head.timestamp.1, head.signature), (1_767_225_600, [0xab; 32]));
        assert_eq!((head.user.to_string().as_str(), head.slug.1), (PERSON, None));
        assert!(matches!(&head.form, Form::New { caller, .. } if caller == "bff"));
        let flagged = with("x-master-flags", r#"{"suspended": true, "system_admin":true}"#);
        assert!(flagged.expect("reads").flags.1.suspended);
    }

    #[test]
    fn what_is_missing_stands_twice_or_is_malformed_is_refused() {
        for (at, (name, _)) in good().into_iter().enumerate() {
            let (mut fewer, mut more) = (good(), good());
            fewer.remove(at);
            if name != "x-usher-signature" {
                assert!(matches!(read(&fewer), Err(Refusal::Malformed(_))), "without {name}");
            }
            more.push(more[at].clone());
            assert!(matches!(read(&more), Err(Refusal::Malformed(_))), "{name} twice");
        }
        for name in [VERSION, REPEAT] {
            let mut more = good();
            more.extend([(name, "\"7\"".to_owned()), (name, "\"7\"".to_owned())]);
            assert!(matches!(read(&more), Err(Refusal::Malformed(_))), "{name} twice");
        }
        for (name, value) in [
            ("x-usher-timestamp", "1767225600.0"),
            ("x-usher-timestamp", "+1767225600"),
            ("x-usher-timestamp", "2026-01-01T00:00:00Z"),
            ("x-usher-timestamp", "99999999999999999999"),
            ("x-usher-nonce", "too-short"),
            ("x-usher-nonce", "sixteen letters!"),
            ("x-usher-signature", "AB"),
            ("x-user-id", "ann"),
            ("x-tenant-id", "Acme"),
            ("x-tenant-id", "acme,beta"),
            ("x-tenant-slug", "Acme"),
            ("x-master-flags", "suspended,system_admin"),
            ("x-master-flags", "[]"),
            ("x-master-flags", "null"),
            ("x-master-flags", r#"{"suspended":"yes"}"#),
            ("x-master-flags", r#"{"suspended":true,"suspended":false}"#),
            ("x-master-flags", r#"{"owner":true}"#),
            ("x-updspace-signature", "ab"),
        ] {
            assert!(matches!(with(name, value), Err(Refusal::Malformed(_))), "{name}: {value}");
        }
        let upper = "AB".repeat(32);
        assert!(matches!(with("x-usher-signature", &upper), Err(Refusal::Malformed(_))));
    }
}
