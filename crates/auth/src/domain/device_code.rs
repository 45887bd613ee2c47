//! Devices without a keyboard: what they hold, what a person types for them, and what they are told meanwhile (RFC 8628).

use std::{fmt, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{SessionId, TenantId, Timestamp, UserId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::SubKey;

/// Begins what a device holds.
const PREFIX: &str = "ud_";
/// Letters that make no words and look like no digits (RFC 8628, section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Letters of what a person types.
const LENGTH: usize = 8;
/// Seconds that a device waits before it asks again, and by which it waits longer where it does not (section 3.5).
pub(crate) const INTERVAL: i32 = 5;
/// Nobody is made to wait longer.
const LONGEST: i32 = 3_600;

kernel::closed_set! {
    /// What a person said of a device.
    pub(crate) enum DeviceAnswer {
        /// It may act for them.
        Approved = "approved",
        /// It may not.
        Denied = "denied",
    }
}

/// What a device holds; never printed.
#[derive(Clone, Debug)]
pub(crate) struct DeviceCode {
    pub(crate) tenant: TenantId,
    text: SecretString,
}

impl DeviceCode {
    /// A code of random bytes.
    pub(crate) fn of(tenant: TenantId, random: &[u8; 32]) -> Self {
        let bytes = [tenant.uuid().as_bytes() as &[u8], random].concat();
        Self { tenant, text: format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into() }
    }

    /// Reads a presented code; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let tenant = Uuid::from_slice(bytes.get(..16)?).ok()?.into();
        (bytes.len() == 48).then(|| Self { tenant, text: text.into() })
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.text.expose_secret().as_bytes()).as_ref().into()
    }

    pub(crate) fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

/// What a person types: eight letters.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UserCode([u8; LENGTH]);

impl UserCode {
    /// A code of random bytes; `None` where too few of them are of use.
    pub(crate) fn draw(random: &[u8]) -> Option<Self> {
        // The greatest multiple of 20 that is a byte: each letter is as likely as any other.
        let mut fair = random.iter().filter(|byte| **byte < 240);
        let mut code = [0; LENGTH];
        for place in &mut code {
            *place = LETTERS[usize::from(*fair.next()?) % LETTERS.len()];
        }
        Some(Self(code))
    }

    /// Reads what was typed; neither case nor dashes nor spaces matter.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let typed = text.bytes().filter(|byte| !b"- ".contains(byte));
        let letters: Vec<u8> = typed.take(LENGTH + 1).map(|b| b.to_ascii_uppercase()).collect();
        let code: [u8; LENGTH] = letters.try_into().ok()?;
        code.iter().all(|letter| LETTERS.contains(letter)).then_some(Self(code))
    }

    /// What is kept of it under `key`.
    pub(crate) fn hash(&self, key: &SubKey) -> Vec<u8> {
        digest(&SHA256, key.token(&self.0).expose_secret().as_bytes()).as_ref().into()
    }
}

/// As people read it: `XXXX-XXXX`.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.0.iter().enumerate() {
            let dash = if at == LENGTH / 2 { "-" } else { "" };
            write!(f, "{dash}{}", char::from(*letter))?;
        }
        Ok(())
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(***)")
    }
}

/// A device's question as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct KeptDevice {
    pub(crate) tenant_id: TenantId,
    pub(crate) code_hash: Vec<u8>,
    pub(crate) client_id: Uuid,
    pub(crate) scope: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) polled_at: Option<Timestamp>,
    pub(crate) wait_seconds: i32,
    pub(crate) answer: Option<DeviceAnswer>,
    pub(crate) user_id: Option<UserId>,
    pub(crate) session_id: Option<SessionId>,
    pub(crate) used_at: Option<Timestamp>,
}

/// What a device that asks is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poll {
    /// Nobody has answered; it waits so many seconds from now on.
    Pending(i32),
    /// The same, and it asked too early.
    TooEarly(i32),
    Denied,
    Expired,
    /// It got its tokens before.
    Used,
    /// This person lets it act, out of this session.
    Approved(UserId, SessionId),
}

impl KeptDevice {
    /// What the device is told at `now`.
    pub(crate) fn poll(&self, now: Timestamp) -> Poll {
        if self.used_at.is_some() {
            return Poll::Used;
        }
        if self.expires_at <= now {
            return Poll::Expired;
        }
        match (self.answer, self.user_id, self.session_id) {
            (Some(DeviceAnswer::Denied), ..) => Poll::Denied,
            (Some(DeviceAnswer::Approved), Some(user), Some(session)) => {
                Poll::Approved(user, session)
            }
            _ => self.wait(now),
        }
    }

    /// Whether a person may still answer.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.answer.is_none() && self.expires_at > now
    }

    fn wait(&self, now: Timestamp) -> Poll {
        let wait = Duration::from_secs(u64::try_from(self.wait_seconds).unwrap_or_default());
        if self.polled_at.is_some_and(|last| now.since(last) < wait) {
            Poll::TooEarly(self.wait_seconds.saturating_add(INTERVAL).min(LONGEST))
        } else {
            Poll::Pending(self.wait_seconds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        jiff::Timestamp::from_second(seconds).expect("a second").into()
    }

    fn kept() -> KeptDevice {
        KeptDevice {
            tenant_id: Uuid::nil().into(),
            code_hash: vec![0; 32],
            client_id: Uuid::nil(),
            scope: "openid".into(),
            created_at: at(0),
            expires_at: at(600),
            polled_at: None,
            wait_seconds: INTERVAL,
            answer: None,
            user_id: None,
            session_id: None,
            used_at: None,
        }
    }

    #[test]
    fn a_code_is_read_as_people_type_it_and_in_no_other_letters() {
        let code = UserCode::draw(&[0, 250, 1, 2, 3, 239, 20, 255, 41, 6]).expect("enough");
        assert_eq!(code.to_string(), "BCDF-ZBCJ");
        for typed in ["BCDF-ZBCJ", "bcdfzbcj", " b-c d f-zbc-J "] {
            assert_eq!(UserCode::parse(typed).as_ref(), Some(&code), "{typed}");
        }
        for bad in ["", "BCDF-ZBC", "BCDF-ZBCJJ", "BCDF-ZBCA", "BCDF-ZBC1", "BCDF_ZBCJ", "ÄBCDFZBC"]
        {
            assert_eq!(UserCode::parse(bad), None, "{bad}");
        }
        assert_eq!(UserCode::draw(&[255; 64]), None, "no letter is likelier than another");
        assert_eq!(format!("{code:?}"), "UserCode(***)");
    }

    #[test]
    fn what_a_device_holds_reads_back_and_does_not_print() {
        let code = DeviceCode::of(Uuid::max().into(), &[7; 32]);
        let read = DeviceCode::parse(code.expose()).expect("reads back");
        assert_eq!((read.tenant, read.hash()), (code.tenant, code.hash()));
        assert!(!format!("{code:?}").contains(code.expose()));
        for bad in ["", "ud_", "ud_AAAA", &code.expose()[3..], &format!("{}=", code.expose())] {
            assert!(DeviceCode::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_device_that_asks_too_early_waits_longer_each_time() {
        let asked = KeptDevice { polled_at: Some(at(10)), ..kept() };
        assert_eq!(kept().poll(at(0)), Poll::Pending(5));
        assert_eq!(asked.poll(at(14)), Poll::TooEarly(10));
        assert_eq!(asked.poll(at(15)), Poll::Pending(5));
        let slow = KeptDevice { wait_seconds: 3_599, ..asked };
        assert_eq!(slow.poll(at(15)), Poll::TooEarly(3_600), "to a bound");
    }

    #[test]
    fn a_device_is_told_the_answer_until_its_time_is_over() {
        let (user, session) = (Uuid::max().into(), Uuid::max().into());
        let answered = |answer| KeptDevice {
            answer: Some(answer),
            user_id: Some(user),
            session_id: Some(session),
            ..kept()
        };
        let approved = answered(DeviceAnswer::Approved);
        assert_eq!(approved.poll(at(1)), Poll::Approved(user, session));
        assert_eq!(answered(DeviceAnswer::Denied).poll(at(1)), Poll::Denied);
        assert_eq!(approved.poll(at(600)), Poll::Expired);
        assert!(kept().is_open(at(599)) && !kept().is_open(at(600)) && !approved.is_open(at(1)));
        let used = KeptDevice { used_at: Some(at(1)), ..approved };
        assert_eq!(used.poll(at(2)), Poll::Used);
    }
}
