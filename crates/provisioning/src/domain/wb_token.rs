//! The marketplace token, looked at before anything is sent anywhere.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::WbScope;

/// Longer than any token the marketplace gives out, shorter than what a header may hold.
const LONGEST: usize = 4096;

/// A JWT of the marketplace. Its signature is not checked: only the marketplace can.
#[derive(Debug, Clone)]
pub(crate) struct WbToken {
    secret: SecretString,
    sid: String,
    exp: i64,
    scopes: Vec<WbScope>,
}

/// Why a token cannot be used; continues a sentence that begins with the field's name and shows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadToken {
    #[error("is empty")]
    Empty,
    #[error("is longer than 4096 characters")]
    Long,
    #[error("is not a JWT: it must have three parts of base64url with dots between")]
    Shape,
    #[error("is not a JWT: its header and payload must be JSON objects")]
    Json,
    #[error("has no expiry (claim exp)")]
    NoExpiry,
    #[error("has expired; get a new one from the marketplace")]
    Expired,
    #[error("names no seller (claim sid)")]
    NoSeller,
}

impl WbToken {
    /// Reads a token; whether it is still alive is asked apart, by [`WbToken::is_alive`].
    pub(crate) fn parse(text: &str) -> Result<Self, BadToken> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadToken::Empty);
        }
        if text.len() > LONGEST {
            return Err(BadToken::Long);
        }
        let mut parts = text.split('.').map(|part| {
            let decoded = URL_SAFE_NO_PAD.decode(part).ok();
            decoded.filter(|bytes| !bytes.is_empty()).ok_or(BadToken::Shape)
        });
        let mut next = || parts.next().unwrap_or(Err(BadToken::Shape));
        let (header, payload, _signature) = (next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(BadToken::Shape);
        }
        object(&header)?;
        let claims = object(&payload)?;
        Ok(Self {
            secret: text.into(),
            exp: expiry(&claims).ok_or(BadToken::NoExpiry)?,
            sid: seller(&claims).ok_or(BadToken::NoSeller)?,
            scopes: WbScope::of(&claims),
        })
    }

    /// Reads a token that must be alive at `now`.
    pub(crate) fn parse_alive(text: &str, now: Timestamp) -> Result<Self, BadToken> {
        let token = Self::parse(text)?;
        if token.is_alive(now) { Ok(token) } else { Err(BadToken::Expired) }
    }

    /// Whether the token has not expired at `now`.
    pub(crate) fn is_alive(&self, now: Timestamp) -> bool {
        self.exp > now.jiff().as_second()
    }

    pub(crate) const fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// The seller the token speaks for.
    pub(crate) fn sid(&self) -> &str {
        &self.sid
    }

    /// When the token expires; a time beyond the calendar is its end.
    pub(crate) fn expires_at(&self) -> Timestamp {
        let beyond = if self.exp > 0 { jiff::Timestamp::MAX } else { jiff::Timestamp::MIN };
        jiff::Timestamp::from_second(self.exp).unwrap_or(beyond).into()
    }

    /// What the token opens.
    pub(crate) fn scopes(&self) -> &[WbScope] {
        &self.scopes
    }

    /// Whether both are the same token.
    pub(crate) fn is(&self, other: &SecretString) -> bool {
        self.secret.expose_secret() == other.expose_secret()
    }
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, BadToken> {
    serde_json::from_slice(bytes).map_err(|_| BadToken::Json)
}

/// Seconds since 1970; the specification allows a fraction.
#[expect(clippy::cast_possible_truncation, reason = "a fraction of a second does not matter")]
fn expiry(claims: &Map<String, Value>) -> Option<i64> {
    let exp = claims.get("exp")?;
    exp.as_i64().or_else(|| exp.as_f64().map(|seconds| seconds as i64))
}

fn seller(claims: &Map<String, Value>) -> Option<String> {
    match claims.get("sid")? {
        Value::String(sid) if !sid.is_empty() && !sid.contains(char::is_control) => {
            Some(sid.clone())
        }
        Value::Number(sid) => Some(sid.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jwt(header: &str, payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(header), part(payload), part("signature"))
    }

    fn at(second: i64) -> Timestamp {
        jiff::Timestamp::from_second(second).expect("in range").into()
    }

    #[test]
    fn a_good_token_tells_its_seller() {
        for (payload, sid) in
            [(r#"{"sid":"s-1","exp":100}"#, "s-1"), (r#"{"sid":42,"exp":100.5}"#, "42")]
        {
            let text = jwt(r#"{"alg":"ES256"}"#, payload);
            assert_eq!(WbToken::parse_alive(&text, at(99)).expect("alive").sid(), sid);
            let expired = WbToken::parse_alive(&text, at(100)).expect_err("expired");
            assert_eq!(expired, BadToken::Expired);
        }
    }

    #[test]
    fn a_bad_token_is_refused_with_what_is_wrong() {
        let good = jwt("{}", r#"{"sid":"s","exp":1}"#);
        let cases = [
            (String::new(), BadToken::Empty),
            ("x".repeat(LONGEST + 1), BadToken::Long),
            ("abc".into(), BadToken::Shape),
            ("a.b".into(), BadToken::Shape),
            (format!("{good}.more"), BadToken::Shape),
            (good.replace('.', ".."), BadToken::Shape),
            ("!!!.!!!.!!!".into(), BadToken::Shape),
            (jwt("no json", r#"{"sid":"s","exp":1}"#), BadToken::Json),
            (jwt("{}", "[]"), BadToken::Json),
            (jwt("{}", r#"{"sid":"s"}"#), BadToken::NoExpiry),
            (jwt("{}", r#"{"sid":"s","exp":"soon"}"#), BadToken::NoExpiry),
            (jwt("{}", r#"{"exp":1}"#), BadToken::NoSeller),
            (jwt("{}", r#"{"sid":"","exp":1}"#), BadToken::NoSeller),
            (jwt("{}", r#"{"sid":null,"exp":1}"#), BadToken::NoSeller),
        ];
        for (text, why) in cases {
            assert_eq!(WbToken::parse(&text).expect_err("bad"), why, "{text}");
        }
    }

    #[test]
    fn a_token_does_not_print_itself() {
        let text = jwt("{}", r#"{"sid":"s","exp":1}"#);
        let token = WbToken::parse(&text).expect("good");
        assert!(!format!("{token:?}").contains(&text));
    }

    #[derive(serde::Deserialize)]
    struct Vector {
        about: String,
        token: String,
        now: i64,
        seller: Option<String>,
        expires_at: Option<String>,
        #[serde(default)]
        scopes: Vec<WbScope>,
        refused: Option<String>,
    }

    #[test]
    fn every_test_vector_is_read_as_it_says() {
        let vectors = include_str!("../../tests/vectors/wb_tokens.json");
        let vectors: Vec<Vector> = serde_json::from_str(vectors).expect("vectors");
        assert!(vectors.len() >= 15, "only {} vectors", vectors.len());
        for vector in vectors {
            let about = &vector.about;
            match (WbToken::parse_alive(&vector.token, at(vector.now)), vector.refused) {
                (Ok(token), None) => {
                    assert_eq!(Some(token.sid()), vector.seller.as_deref(), "{about}");
                    assert_eq!(Some(token.expires_at().to_string()), vector.expires_at, "{about}");
                    assert_eq!(token.scopes(), vector.scopes, "{about}");
                }
                (Err(problem), Some(why)) => {
                    assert!(problem.to_string().contains(&why), "{about}: {problem}");
                }
                (read, refused) => panic!("{about}: {read:?}, refused: {refused:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_panic(text in ".{0,200}") {
            let _ = WbToken::parse(&text);
        }
    }
}
