//! A signed token in its compact form (RFC 7515), read strictly.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Algorithm, BadKey, PublicKeys, SigningKey};

/// The longest token that is looked at, in bytes.
pub const LONGEST: usize = 4_096;

/// Why a token does not hold. For our own logs: whoever shows it is told no more than that it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not three parts of base64url, or too long.
    #[error("it has not the form of a token")]
    Form,
    /// A header that is none, or says more than `alg`, `kid` and `typ`.
    #[error("its header is not one of ours")]
    Header,
    /// Another kind of token.
    #[error("it is another kind of token")]
    Kind,
    /// No key of ours has its name.
    #[error("its key is not known")]
    Key,
    /// Another algorithm than its key's, or another signature.
    #[error("its signature does not hold")]
    Signature,
    /// Claims that are not the ones of this kind, each once and of its type.
    #[error("its claims are not of this kind")]
    Claims,
}

/// The header of our tokens; any other member refuses the token, and so `jku`, `jwk`, `x5u`, `x5c`, `crit` and `b64` do.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Signs `claims` as a token of the kind `typ`.
///
/// # Errors
/// [`BadKey`] when it cannot be signed.
pub fn sign<C: Serialize>(key: &SigningKey, typ: &str, claims: &C) -> Result<String, BadKey> {
    let header =
        Header { alg: key.algorithm().to_string(), kid: key.kid().into(), typ: typ.into() };
    let header = serde_json::to_vec(&header).map_err(|_| BadKey)?;
    let claims = serde_json::to_vec(claims).map_err(|_| BadKey)?;
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = key.sign(message.as_bytes())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The claims of a token of the kind `typ` that one of `keys` signed. Whom and when they concern is for the caller to
/// check.
///
/// # Errors
/// [`Refused`].
pub fn open<C: DeserializeOwned>(token: &str, typ: &str, keys: &PublicKeys) -> Result<C, Refused> {
    if token.len() > LONGEST {
        return Err(Refused::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refused::Form)?;
    let (header, claims) = message.split_once('.').ok_or(Refused::Form)?;
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Refused::Header)?;
    if header.typ != typ {
        return Err(Refused::Kind);
    }
    let key = keys.find(&header.kid).ok_or(Refused::Key)?;
    let is_its_own = Algorithm::parse(&header.alg) == Some(key.algorithm());
    if !is_its_own || !key.has_signed(message.as_bytes(), &decode(signature)?) {
        return Err(Refused::Signature);
    }
    serde_json::from_slice(&decode(claims)?).map_err(|_| Refused::Claims)
}

/// One spelling for each part: no padding, no stray bits.
fn decode(part: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::PublicKey;

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Claims {
        sub: String,
    }

    fn claims() -> Claims {
        Claims { sub: "somebody".into() }
    }

    #[test]
    fn what_either_algorithm_signs_is_read_back_by_its_public_half_alone() {
        for algorithm in Algorithm::ALL {
            let (key, pkcs8) = SigningKey::draw("k1", *algorithm).expect("draws");
            let token = sign(&key, "at+jwt", &claims()).expect("signs");
            let (x, y) = key.public().coordinates();
            let told = PublicKey::of_coordinates("k1", *algorithm, &x, &y);
            let keys: PublicKeys = [told.expect("a key")].into_iter().collect();
            assert_eq!(open(&token, "at+jwt", &keys), Ok(claims()), "{algorithm}");
            assert_eq!(open::<Claims>(&token, "JWT", &keys), Err(Refused::Kind));
            let again = SigningKey::from_pkcs8("k1", *algorithm, &pkcs8).expect("reads");
            assert_eq!(again.public(), key.public());
            let (stranger, _) = SigningKey::draw("k1", *algorithm).expect("draws");
            let forged = sign(&stranger, "at+jwt", &claims()).expect("signs");
            assert_eq!(open::<Claims>(&forged, "at+jwt", &keys), Err(Refused::Signature));
            assert!(keys.jwks()["keys"][0]["d"].is_null());
        }
    }

    #[test]
    fn a_key_verifies_nothing_in_the_name_of_another_algorithm() {
        let (ed, _) = SigningKey::draw("k1", Algorithm::EdDsa).expect("draws");
        let (ec, _) = SigningKey::draw("k1", Algorithm::Es256).expect("draws");
        let keys: PublicKeys = [ed.public()].into_iter().collect();
        let token = sign(&ec, "at+jwt", &claims()).expect("signs");
        assert_eq!(open::<Claims>(&token, "at+jwt", &keys), Err(Refused::Signature));
        assert!(SigningKey::from_pkcs8("k1", Algorithm::EdDsa, b"no key").is_err());
        assert!(!format!("{ed:?}").contains(&ed.public().coordinates().0));
    }
}
