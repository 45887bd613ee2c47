//! Who calls: every service proves itself with its own Ed25519 key, and the gateway vouches for the person behind the
//! call with a passport of a minute's life.

mod claims;
mod key;
mod trust;

use std::time::Duration;

pub use claims::{PassportClaims, ServiceClaims};
pub use key::ServiceKey;
pub use trust::Trust;

/// How long a service token or a passport lives.
pub const LIFETIME: Duration = Duration::from_secs(60);

/// The issuer of passports.
pub const GATEWAY: &str = "gateway";

/// The `typ` of a service's own token.
const SERVICE_KIND: &str = "service+jwt";

/// The `typ` of a passport.
const PASSPORT_KIND: &str = "passport+jwt";

/// The audience of every passport.
const PASSPORT_AUDIENCE: &str = "passport";

/// A key or token that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key is not an Ed25519 key in PKCS#8 form.
    #[error("not an Ed25519 key in PKCS#8 form")]
    Key,
    /// The token does not hold.
    #[error("the token does not hold: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    /// Nobody we know issued it.
    #[error("the token's issuer is not known here")]
    Issuer,
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    fn claims() -> PassportClaims {
        PassportClaims {
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: "u".into(),
            sid: "s".into(),
            tid: None,
            perms: vec!["a.b.c".into()],
            epoch: 1,
            suspended: false,
            system_admin: false,
            credential: kernel::Credential::Session,
            of_tenant: false,
        }
    }

    #[test]
    fn a_service_is_believed_only_with_its_own_key_and_for_its_callee() {
        let (user, mallory) = (
            ServiceKey::generate("user").expect("key"),
            ServiceKey::generate("user").expect("key"),
        );
        let trust = Trust::default();
        trust.believe("user", user.public()).expect("public key");
        let token = user.token_for("auth").expect("token");
        assert_eq!(trust.service(&token, "auth").expect("holds").iss, "user");
        assert!(trust.service(&token, "tenant").is_err(), "another callee's token");
        assert!(trust.service(&mallory.token_for("auth").expect("token"), "auth").is_err());
        assert!(trust.service("rubbish", "auth").is_err());
    }

    #[test]
    fn only_the_gateway_writes_passports_and_token_kinds_do_not_mix() {
        let (gateway, user) = (
            ServiceKey::generate("gateway").expect("key"),
            ServiceKey::generate("user").expect("key"),
        );
        let trust = Trust::default();
        trust.believe("gateway", gateway.public()).expect("public key");
        trust.believe("user", user.public()).expect("public key");
        let passport = gateway.passport(claims()).expect("passport");
        assert_eq!(trust.passport(&passport).expect("holds").perms, ["a.b.c"]);
        assert!(trust.passport(&user.passport(claims()).expect("passport")).is_err());
        assert!(trust.service(&passport, "passport").is_err(), "a passport is no service token");
        assert!(trust.passport(&gateway.token_for("passport").expect("token")).is_err());
    }

    #[test]
    fn a_tampered_passport_does_not_hold() {
        let gateway = ServiceKey::generate("gateway").expect("key");
        let trust = Trust::default();
        trust.believe("gateway", gateway.public()).expect("public key");
        let passport = gateway.passport(claims()).expect("passport");
        let mut parts: Vec<String> = passport.split('.').map(Into::into).collect();
        let mut body: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts[1]).expect("base64"))
                .expect("json");
        body["system_admin"] = true.into();
        parts[1] = URL_SAFE_NO_PAD.encode(body.to_string());
        assert!(trust.passport(&parts.join(".")).is_err());
    }

    #[test]
    fn keys_do_not_print() {
        let key = ServiceKey::generate("user").expect("key");
        assert_eq!(format!("{key:?}"), r#"ServiceKey { name: "user", .. }"#);
    }
}
