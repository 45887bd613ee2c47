//! Work that a stranger's browser does before an operation: made by us, signed, and gone from memory until its proof comes.

use std::time::Duration;

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::CaptchaRefusal;

/// How long there is for the work.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// Longest proof that is looked at.
const LONGEST: usize = 512;
/// Digits of the longest number.
const DIGITS: usize = 16;

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// The operation that the proof is good for, and no other.
    pub(crate) operation: String,
    /// Zero bits that the digest begins with.
    pub(crate) difficulty: u8,
    pub(crate) expires_at: Timestamp,
    nonce: String,
}

/// A proof as it was sent, taken apart and not yet believed.
#[derive(Debug)]
pub(crate) struct WorkProof<'a> {
    text: &'a str,
    payload: Vec<u8>,
    signature: &'a str,
}

impl Challenge {
    /// A new one; `random` tells it from every other.
    pub(crate) fn new(operation: &str, difficulty: u8, random: &[u8; 16], now: Timestamp) -> Self {
        Self {
            operation: operation.to_owned(),
            difficulty,
            // Whole seconds, as it is written.
            expires_at: whole(now.after(LIFE)),
            nonce: URL_SAFE_NO_PAD.encode(random),
        }
    }

    /// What is signed: all that the proof is measured by.
    pub(crate) fn payload(&self) -> String {
        let Self { operation, difficulty, expires_at, nonce } = self;
        format!("1 {operation} {difficulty} {} {nonce}", expires_at.jiff().as_second())
    }

    /// What is handed out.
    pub(crate) fn text(&self, signature: &SecretString) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(self.payload()), signature.expose_secret())
    }

    fn parse(payload: &str) -> Option<Self> {
        let parts: Vec<&str> = payload.split(' ').collect();
        let ["1", operation, difficulty, seconds, nonce] = parts.as_slice() else { return None };
        let expires_at = jiff::Timestamp::from_second(seconds.parse().ok()?).ok()?.into();
        let difficulty = difficulty.parse().ok()?;
        let (operation, nonce) = ((*operation).to_owned(), (*nonce).to_owned());
        Some(Self { operation, difficulty, expires_at, nonce })
    }
}

impl<'a> WorkProof<'a> {
    /// Takes a proof apart: `<payload>.<signature>.<number>`.
    ///
    /// # Errors
    /// [`CaptchaRefusal::Required`] for nothing, [`CaptchaRefusal::Refused`] for what is none.
    pub(crate) fn parse(text: &'a str) -> Result<Self, CaptchaRefusal> {
        if text.is_empty() {
            return Err(CaptchaRefusal::Required);
        }
        let read = || {
            let mut parts = text.split('.');
            let (payload, signature, number) = (parts.next()?, parts.next()?, parts.next()?);
            let is_number = (1..=DIGITS).contains(&number.len())
                && number.bytes().all(|b| b.is_ascii_digit())
                && (number == "0" || !number.starts_with('0'));
            let whole = parts.next().is_none() && text.len() <= LONGEST && is_number;
            let payload = URL_SAFE_NO_PAD.decode(payload).ok().filter(|_| whole)?;
            Some(Self { text, payload, signature })
        };
        read().ok_or(CaptchaRefusal::Refused)
    }

    /// What the signature must be over.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether this is the signature, in time that tells nothing.
    pub(crate) fn is_signed(&self, signature: &SecretString) -> bool {
        let signature = signature.expose_secret().as_bytes();
        verify_slices_are_equal(signature, self.signature.as_bytes()).is_ok()
    }

    /// What is kept of the challenge so that it counts once, whatever number goes with it.
    pub(crate) fn digest(&self) -> Vec<u8> {
        digest(&SHA256, &self.payload).as_ref().into()
    }

    /// Measures a proof whose signature is right: the operation, the time and the work. When it stops counting.
    pub(crate) fn check(
        &self,
        operation: &str,
        now: Timestamp,
    ) -> Result<Timestamp, CaptchaRefusal> {
        let payload = str::from_utf8(&self.payload).ok().and_then(Challenge::parse);
        let challenge = payload.ok_or(CaptchaRefusal::Refused)?;
        let done = zero_bits(digest(&SHA256, self.text.as_bytes()).as_ref());
        let holds = challenge.operation == operation
            && now < challenge.expires_at
            && done >= u32::from(challenge.difficulty);
        if holds { Ok(challenge.expires_at) } else { Err(CaptchaRefusal::Refused) }
    }
}

/// How many zero bits the bytes begin with.
fn zero_bits(bytes: &[u8]) -> u32 {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let rest = bytes.get(zeros).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(zeros).unwrap_or(u32::MAX / 8) * 8 + rest
}

fn whole(instant: Timestamp) -> Timestamp {
    let second = jiff::Timestamp::from_second(instant.jiff().as_second());
    second.map_or(instant, Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATION: &str = "user.SignUps.AskSignUp";

    fn at(seconds: i64) -> Timestamp {
        jiff::Timestamp::from_second(1_800_000_000 + seconds).expect("a second").into()
    }

    fn solve(challenge: &Challenge) -> String {
        let text = challenge.text(&"signature".into());
        let mut proofs = (0_u64..).map(|number| format!("{text}.{number}"));
        let fits = |proof: &String| {
            zero_bits(digest(&SHA256, proof.as_bytes()).as_ref()) >= challenge.difficulty.into()
        };
        proofs.find(fits).expect("there is one")
    }

    #[test]
    fn a_proof_holds_for_its_operation_its_time_and_its_work() {
        let challenge = Challenge::new(OPERATION, 8, &[7; 16], at(0));
        let solved = solve(&challenge);
        let proof = WorkProof::parse(&solved).expect("reads");
        assert_eq!(proof.payload(), challenge.payload().as_bytes());
        assert!(proof.is_signed(&"signature".into()) && !proof.is_signed(&"signaturf".into()));
        assert_eq!(proof.check(OPERATION, at(299)), Ok(at(300)));
        assert_eq!(proof.check(OPERATION, at(300)), Err(CaptchaRefusal::Refused));
        assert_eq!(proof.check("auth.Letters.AskX", at(0)), Err(CaptchaRefusal::Refused));
        let harder = Challenge { difficulty: 200, ..challenge };
        let lazy = format!("{}.0", harder.text(&"signature".into()));
        let lazy = WorkProof::parse(&lazy).expect("reads");
        assert_eq!(lazy.check(OPERATION, at(0)), Err(CaptchaRefusal::Refused));
    }

    #[test]
    fn one_challenge_counts_once_under_every_number() {
        let text = Challenge::new(OPERATION, 0, &[7; 16], at(0)).text(&"signature".into());
        let [first, second] = [0, 1].map(|number| format!("{text}.{number}"));
        let digest = |text: &str| WorkProof::parse(text).expect("reads").digest();
        assert_eq!(digest(&first), digest(&second));
        let other = Challenge::new(OPERATION, 0, &[8; 16], at(0)).text(&"signature".into());
        assert_ne!(digest(&first), digest(&format!("{other}.0")));
    }

    #[test]
    fn what_is_no_proof_is_refused_and_nothing_is_asked_for() {
        assert_eq!(WorkProof::parse("").expect_err("nothing"), CaptchaRefusal::Required);
        let long = format!("{}.s.1", "A".repeat(600));
        for bad in
            ["x", "A.b", "A.b.", "A.b.x", "A.b.01", "A.b.-1", "A.b.1.2", "!.b.1", "A.b.1 ", &long]
        {
            assert_eq!(WorkProof::parse(bad).expect_err(bad), CaptchaRefusal::Refused);
        }
        for payload in ["", "1", "2 op 1 1 n", "1 op x 1 n", "1 op 1 x n", "1 op 1 1 n more"] {
            assert!(Challenge::parse(payload).is_none(), "{payload}");
        }
    }

    #[test]
    fn zero_bits_are_counted_from_the_first() {
        for (bytes, bits) in
            [(&[255_u8][..], 0), (&[1], 7), (&[0, 128], 8), (&[0, 0, 15], 20), (&[0, 0], 16)]
        {
            assert_eq!(zero_bits(bytes), bits, "{bytes:?}");
        }
    }
}
