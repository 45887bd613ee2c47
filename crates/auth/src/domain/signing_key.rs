//! Keys that sign tokens: which one signs, and which still verify.

use std::time::Duration;

use kernel::Timestamp;
use wire::tokens::{Algorithm, LEEWAY, LONGEST_ACCESS};

/// How long a key is published before it signs: longer than anybody may keep the former set of keys.
pub(crate) const LEAD: Duration = Duration::from_secs(600);

/// How signing keys are made and replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPolicy {
    /// How new keys sign.
    pub algorithm: Algorithm,
    /// How long a key signs before the next one takes over.
    pub period: Duration,
}

impl Default for KeyPolicy {
    fn default() -> Self {
        Self { algorithm: Algorithm::EdDsa, period: Duration::from_secs(30 * 24 * 3_600) }
    }
}

kernel::closed_set! {
    /// What a key is for at a moment.
    pub(crate) enum KeyState {
        /// Published, and signs soon.
        Next = "next",
        /// Signs.
        Signing = "signing",
        /// Verifies what it has signed.
        Retiring = "retiring",
        /// Nothing that it signed is alive.
        Retired = "retired",
    }
}

/// What each of `starts`, the instants from which keys sign, the earliest first, is for at `now`.
pub(crate) fn states(starts: &[Timestamp], now: Timestamp) -> Vec<KeyState> {
    // Of the last that was signed the end of life, and the clocks that lie apart.
    let afterlife = LONGEST_ACCESS + LEEWAY + LEEWAY;
    let state = |at: usize| match starts.get(at + 1) {
        _ if starts[at] > now => KeyState::Next,
        Some(&next) if next.after(afterlife) <= now => KeyState::Retired,
        Some(&next) if next <= now => KeyState::Retiring,
        _ => KeyState::Signing,
    };
    (0..starts.len()).map(state).collect()
}

/// Whether it is time to make the next key: the newest one will have signed for its period when the next one is ready.
pub(crate) fn is_due(newest: Option<Timestamp>, policy: &KeyPolicy, now: Timestamp) -> bool {
    newest.is_none_or(|from| from.after(policy.period) <= now.after(LEAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        jiff::Timestamp::from_second(seconds).expect("a second").into()
    }

    #[test]
    fn a_key_is_published_signs_and_verifies_until_its_last_token_died() {
        let starts = [at(0), at(1_000)];
        for (now, first, second) in [
            (0, KeyState::Signing, KeyState::Next),
            (999, KeyState::Signing, KeyState::Next),
            (1_000, KeyState::Retiring, KeyState::Signing),
            (1_619, KeyState::Retiring, KeyState::Signing),
            (1_620, KeyState::Retired, KeyState::Signing),
        ] {
            assert_eq!(states(&starts, at(now)), [first, second], "at {now}");
        }
        assert!(states(&[], at(0)).is_empty());
    }

    #[test]
    fn the_next_key_is_made_so_early_that_it_signs_on_time() {
        let policy = KeyPolicy { period: Duration::from_secs(10_000), ..KeyPolicy::default() };
        assert!(is_due(None, &policy, at(0)));
        assert!(!is_due(Some(at(0)), &policy, at(9_399)));
        assert!(is_due(Some(at(0)), &policy, at(9_400)));
        assert!(!is_due(Some(at(9_400 + 600)), &policy, at(9_400)), "it waits already");
    }
}
