//! The secret of an invitation's link: made again from a key whenever it is needed, recognised by its hash.

use std::fmt;

use aws_lc_rs::{digest, hmac, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{InviteId, TenantId};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::Hindrance;

/// Bytes of a tenant's id, at the front of every token.
const TENANT: usize = 16;

/// Bytes of the part that cannot be guessed.
const MAC: usize = 32;

/// A link's token: the tenant, so that it is found without a search over all, and 256 bits that only we can make.
/// 48 bytes are exactly 64 characters of base64url, so a token has one spelling.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    tenant: TenantId,
    text: SecretString,
}

impl Token {
    /// The token of one sending of an invitation.
    pub(crate) fn derive(key: &[u8; 32], tenant: TenantId, invite: InviteId, sends: i32) -> Self {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        mac.update(tenant.uuid().as_bytes());
        mac.update(invite.uuid().as_bytes());
        mac.update(&sends.to_be_bytes());
        let mut bytes = tenant.uuid().as_bytes().to_vec();
        bytes.extend_from_slice(mac.sign().as_ref());
        Self { tenant, text: URL_SAFE_NO_PAD.encode(bytes).into() }
    }

    /// A token that nobody can make again.
    pub(crate) fn draw(tenant: TenantId) -> Result<Self, Hindrance> {
        let mut secret = [0; MAC];
        rand::fill(&mut secret).map_err(|_| Hindrance::NoRandomness)?;
        let bytes = [tenant.uuid().as_bytes().as_slice(), &secret].concat();
        Ok(Self { tenant, text: URL_SAFE_NO_PAD.encode(bytes).into() })
    }

    /// Reads what a link holds; `None` for what we never made in this form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (tenant, mac) = bytes.split_at_checked(TENANT)?;
        let tenant: [u8; TENANT] = tenant.try_into().ok()?;
        let tenant = TenantId::from(uuid::Uuid::from_bytes(tenant));
        (mac.len() == MAC).then(|| Self { tenant, text: text.into() })
    }

    /// The tenant it claims; proven only by finding its hash there.
    pub(crate) const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> TokenHash {
        let sum = digest::digest(&digest::SHA256, self.text.expose_secret().as_bytes());
        TokenHash(sum.as_ref().to_vec())
    }

    /// The text, for the link and nothing else.
    pub(crate) const fn text(&self) -> &SecretString {
        &self.text
    }
}

/// SHA-256 of a token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenHash(Vec<u8>);

impl TokenHash {
    /// The 32 bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for TokenHash {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn token(tenant: u128, invite: u128, sends: i32) -> Token {
        let key = [7; 32];
        Token::derive(&key, Uuid::from_u128(tenant).into(), Uuid::from_u128(invite).into(), sends)
    }

    #[test]
    fn the_same_sending_gives_the_same_link_and_any_other_another() {
        let first = token(1, 2, 1);
        assert_eq!(first.hash(), token(1, 2, 1).hash());
        for other in [token(1, 2, 2), token(1, 3, 1), token(2, 2, 1)] {
            assert_ne!(first.hash(), other.hash());
        }
        let other_key = Token::derive(&[8; 32], first.tenant, Uuid::from_u128(2).into(), 1);
        assert_ne!(first.hash(), other_key.hash());
    }

    #[test]
    fn a_drawn_token_reads_back_and_no_two_are_the_same() {
        let draw = || Token::draw(Uuid::from_u128(1).into()).expect("randomness");
        let (one, other) = (draw(), draw());
        assert_ne!(one.hash(), other.hash());
        let read = Token::parse(one.text().expose_secret()).expect("reads back");
        assert_eq!((read.tenant(), read.hash()), (one.tenant(), one.hash()));
    }

    #[test]
    fn a_token_reads_back_and_never_prints() {
        let token = token(1, 2, 1);
        let text = token.text().expose_secret();
        assert_eq!(text.len(), 64);
        let read = Token::parse(text).expect("reads back");
        assert_eq!((read.tenant(), read.hash()), (token.tenant(), token.hash()));
        assert!(!format!("{token:?}").contains(text));
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic_and_what_reads_has_one_spelling(text in ".{0,80}") {
            if let Some(token) = Token::parse(&text) {
                let bytes = URL_SAFE_NO_PAD.decode(token.text().expose_secret()).expect("decodes");
                prop_assert_eq!(URL_SAFE_NO_PAD.encode(bytes), text);
            }
        }
    }
}
