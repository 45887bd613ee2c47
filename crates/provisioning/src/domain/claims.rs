//! What a marketplace token says of itself, beyond its seller.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::{WbScope, WbToken};

/// Claims that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) sid: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) iid: Option<i64>,
    pub(crate) uid: Option<i64>,
    pub(crate) scopes: Vec<WbScope>,
}

impl Claims {
    /// Reads the claims of a token that was checked before.
    pub(crate) fn of(token: &WbToken) -> Self {
        let claims = payload(token.secret().expose_secret()).unwrap_or_default();
        let number = |name: &str| claims.get(name).and_then(Value::as_i64);
        Self {
            sid: token.sid().to_owned(),
            expires_at: token.expires_at(),
            iid: number("iid"),
            uid: number("uid"),
            scopes: token.scopes().to_vec(),
        }
    }
}

fn payload(token: &str) -> Option<Map<String, Value>> {
    let part = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(payload: &str) -> Claims {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let text = format!("{}.{}.{}", part("{}"), part(payload), part("signature"));
        Claims::of(&WbToken::parse(&text).expect("a token"))
    }

    #[test]
    fn the_mask_tells_what_a_token_opens() {
        let read = claims(r#"{"sid":"s","exp":100,"iid":7,"uid":8,"s":1073741860}"#);
        assert_eq!(read.scopes, [WbScope::Analytics, WbScope::Statistics, WbScope::ReadOnly]);
        assert_eq!((read.iid, read.uid), (Some(7), Some(8)));
        assert_eq!(read.expires_at.jiff().as_second(), 100);
    }

    #[test]
    fn claims_that_are_absent_or_odd_are_left_out() {
        let read = claims(r#"{"sid":"s","exp":100,"iid":"x","s":-1}"#);
        assert_eq!((read.iid, read.uid, read.scopes.len()), (None, None, 0));
    }
}
