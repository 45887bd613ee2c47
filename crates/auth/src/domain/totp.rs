//! Codes of an authenticator app (RFC 6238): six digits of SHA-1 every thirty seconds, as every app knows them.

use std::fmt;

use kernel::{Email, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Builder, Secret, Totp, TotpError};

/// Digits of a code.
pub(super) const DIGITS: usize = 6;
/// Whom the app shows the code is for.
const ISSUER: &str = "Usher";

/// What the app and we know, in base32; never printed.
#[derive(Clone)]
pub(crate) struct TotpSecret(SecretString);

impl TotpSecret {
    /// Bytes of a secret (RFC 4226, section 4).
    pub(crate) const BYTES: usize = 20;

    /// The secret of random bytes.
    pub(crate) fn of(random: &[u8; Self::BYTES]) -> Self {
        Self(Secret::from(*random).to_base32().into())
    }

    /// As it is typed.
    pub(crate) fn text(&self) -> &SecretString {
        &self.0
    }

    /// As an app reads it: `otpauth://totp/…`.
    ///
    /// # Errors
    /// The address cannot stand there, which one of ours can.
    pub(crate) fn uri(&self, email: &Email) -> Result<SecretString, BadSecret> {
        let named = self.builder()?.with_issuer(Some(ISSUER)).with_account_name(email.as_str());
        Ok(named.build()?.to_url()?.into())
    }

    /// The step whose code this is: of now, or one before or after (RFC 6238, section 5.2), and later than `last`, since a
    /// code counts once.
    pub(crate) fn accepts(&self, code: &SecretString, now: Timestamp, last: i64) -> Option<i64> {
        let seconds = u64::try_from(now.jiff().as_second()).ok()?;
        let totp: Totp = self.builder().ok()?.build().ok()?;
        let step = totp.check(code.expose_secret(), seconds)?;
        i64::try_from(step).ok().filter(|step| *step > last)
    }

    fn builder(&self) -> Result<Builder, BadSecret> {
        let secret = Secret::try_from_base32(self.0.expose_secret()).map_err(|_| BadSecret)?;
        Ok(Builder::new().with_secret(secret))
    }
}

/// A secret that no app could read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret of the app cannot be read")]
pub struct BadSecret;

impl From<TotpError> for BadSecret {
    fn from(_: TotpError) -> Self {
        Self
    }
}

impl From<SecretString> for TotpSecret {
    fn from(text: SecretString) -> Self {
        Self(text)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn secret() -> TotpSecret {
        TotpSecret::of(b"12345678901234567890")
    }

    fn at(seconds: i64) -> Timestamp {
        jiff::Timestamp::from_second(seconds).expect("a second").into()
    }

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        // The last six of the eight digits there.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().accepts(&code.into(), at(seconds), 0), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_a_step_before_and_after_and_once() {
        let code = "005924".into();
        for (seconds, good) in [(-31, false), (-30, true), (0, true), (30, true), (60, false)] {
            let seen = secret().accepts(&code, at(1_234_567_890 + seconds), 0);
            assert_eq!(seen.is_some(), good, "{seconds}");
        }
        let step = 1_234_567_890 / 30;
        assert_eq!(secret().accepts(&code, at(1_234_567_890), step), None);
        assert_eq!(secret().accepts(&code, at(1_234_567_890), step - 1), Some(step));
    }

    #[test]
    fn an_app_is_told_whose_account_it_is_and_nothing_prints_the_secret() {
        let email = Email::parse("o'ann+x@example.com").expect("valid");
        let uri = secret().uri(&email).expect("an address");
        let uri = uri.expose_secret();
        assert!(uri.starts_with("otpauth://totp/Usher:o"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(!uri.contains('@') && !uri.contains('+'), "{uri}");
        assert_eq!(format!("{:?}", secret()), "TotpSecret(***)");
    }
}
