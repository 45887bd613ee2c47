//! The secret of a link that confirms an address: made again from a key whenever it is needed, known by its hash.

use aws_lc_rs::{digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::domain::{Side, TokenHash};

/// Bytes of the secret.
const MAC: usize = 32;

/// 256 bits that only we can make, in 43 characters of base64url.
#[derive(Debug, Clone)]
pub(crate) struct EmailToken(SecretString);

impl EmailToken {
    /// The secret of one side of a change.
    pub(crate) fn derive(key: &[u8; 32], change_id: Uuid, side: Side) -> Self {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        mac.update(change_id.as_bytes());
        mac.update(side.as_str().as_bytes());
        Self(URL_SAFE_NO_PAD.encode(mac.sign().as_ref()).into())
    }

    /// Reads what a link holds; `None` for what we never made in this form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == MAC).then(|| Self(text.into()))
    }

    /// What is stored of it. It is random to whoever lacks the key, so a plain digest cannot be searched.
    pub(crate) fn hash(&self) -> TokenHash {
        let sum = digest::digest(&digest::SHA256, self.0.expose_secret().as_bytes());
        TokenHash::from(sum.as_ref().to_vec())
    }

    /// The text, for the link and nothing else.
    pub(crate) const fn text(&self) -> &SecretString {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_of_each_change_has_a_secret_of_its_own_that_reads_back_and_never_prints() {
        let token = |change, side| EmailToken::derive(&[7; 32], Uuid::from_u128(change), side);
        let first = token(1, Side::Old);
        assert_eq!(first.hash(), token(1, Side::Old).hash());
        for other in [token(1, Side::New), token(2, Side::Old)] {
            assert_ne!(first.hash(), other.hash());
        }
        let text = first.text().expose_secret();
        assert_eq!(EmailToken::parse(text).expect("reads back").hash(), first.hash());
        assert!(!format!("{first:?}").contains(text));
        for bad in ["", "AAAA", &text[1..], &format!("{text}=")] {
            assert!(EmailToken::parse(bad).is_none(), "{bad}");
        }
    }
}
