//! ID tokens that are not what they should be.

use serde_json::{Map, Value};

/// What is done to the next ID token. The default does nothing.
#[derive(Debug, Clone, Default)]
pub struct Forge {
    /// Claims that are set, or left out where they are null.
    pub claims: Map<String, Value>,
    /// Fields of the header that are set, or left out where they are null.
    pub header: Map<String, Value>,
    /// Who signs.
    pub sign: Sign,
}

/// Who signs an ID token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sign {
    /// The provider.
    #[default]
    Own,
    /// Somebody with another key, under the provider's name for its own.
    Other,
    /// Whoever knows the provider's public key, as a shared secret (HS256).
    PublicKeyAsSecret,
    /// Whoever knows the client's secret (HS256).
    ClientSecret,
    /// Nobody.
    Nobody,
    /// The provider, but the claims were changed afterwards.
    Before,
}

impl Forge {
    /// Sets claims.
    #[must_use]
    pub fn claims(claims: Value) -> Self {
        Self { claims: map(claims), ..Self::default() }
    }

    /// Sets fields of the header.
    #[must_use]
    pub fn header(header: Value) -> Self {
        Self { header: map(header), ..Self::default() }
    }

    /// Has somebody else sign.
    #[must_use]
    pub fn sign(sign: Sign) -> Self {
        Self { sign, ..Self::default() }
    }

    /// What becomes of these claims.
    pub(super) fn twist(twists: &Map<String, Value>, plain: &mut Value) {
        let Value::Object(plain) = plain else { return };
        for (name, value) in twists {
            match value {
                Value::Null => drop(plain.remove(name)),
                value => drop(plain.insert(name.clone(), value.clone())),
            }
        }
    }
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
