//! Tokens that leave the house: signed by `auth`, verified wherever they are shown, without a call.
//!
//! One strict reader for all of them. What it does not know it refuses: no header but `alg`, `kid` and `typ`, no claim
//! that we do not write, no second spelling of any part.

mod api_key;
mod claims;
mod jws;
mod key;

pub use api_key::{API_KEY_PREFIX, api_key, api_key_tenant};
pub use claims::{ACCESS_TOKEN, AccessClaims, ActorClaim, BadClaims, LEEWAY, LONGEST_ACCESS};
pub use jws::{LONGEST, Refused, open, sign};
pub use key::{Algorithm, BadKey, PublicKey, PublicKeys, SigningKey};
