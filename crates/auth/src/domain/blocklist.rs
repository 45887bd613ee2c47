//! What is tried first: leaked passwords, rows of keys, repeated pieces, and words of the place.

use std::{collections::HashSet, sync::LazyLock};

/// See the head of the file.
static LEAKED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect()
});

/// The product's own name.
const PRODUCT: &str = "usher";
/// The lengths of leaked passwords that are looked for inside another.
const INSIDE: std::ops::RangeInclusive<usize> = 8..=24;
/// Fewer letters and digits than these beside a word that is tried first add nothing to it.
const ADDED: usize = 10;
/// A password that only repeats a piece of up to this many characters is as weak as the piece.
const PIECE: usize = 10;

/// The rows along which lazy fingers run.
const RUNS: [&str; 5] = [
    "012345678901234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "йцукенгшщзхъфывапролджэячсмитьбю",
];

/// Whether a password, in lower case, is among those that are tried first, or one of them with little added.
pub(super) fn is_tried_first(text: &str) -> bool {
    LEAKED.contains(text)
        || repeats(text)
        || runs(text)
        || without(text, PRODUCT)
        || leaked_inside(text).is_some_and(|word| without(text, word))
}

/// Whether the text holds `word`, in lower case, and little else.
pub(super) fn without(text: &str, word: &str) -> bool {
    text.contains(word)
        && text.replace(word, "").chars().filter(|c| c.is_alphanumeric()).count() < ADDED
}

/// The longest leaked password inside the text.
fn leaked_inside(text: &str) -> Option<&str> {
    INSIDE.rev().find_map(|length| {
        (0..text.len())
            .find_map(|at| text.get(at..at + length).filter(|piece| LEAKED.contains(piece)))
    })
}

/// Whether the text is one short piece over and over, cut anywhere.
fn repeats(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=PIECE.min(chars.len() / 2))
        .any(|piece| chars.iter().zip(chars.iter().skip(piece)).all(|(a, b)| a == b))
}

/// Whether the text is a piece of a row of keys or of the alphabet, in either direction.
fn runs(text: &str) -> bool {
    let backwards: String = text.chars().rev().collect();
    RUNS.iter().any(|row| row.contains(text) || row.contains(&backwards))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_long_and_fit_for_its_search() {
        assert!(LEAKED.len() > 5_000, "{}", LEAKED.len());
        for word in LEAKED.iter() {
            assert!(word.len() >= 8 && *word == word.to_lowercase(), "{word}");
        }
    }

    #[test]
    fn a_leaked_password_with_little_added_is_as_weak_as_before() {
        for bad in ["password1234567", "my password 2026!", "usherusherusher", "usher-2026-login"] {
            assert!(is_tried_first(bad), "{bad}");
        }
        for good in ["my password is a very long story", "the usher shows us our seats", "ж😀ж"]
        {
            assert!(!is_tried_first(good), "{good}");
        }
    }
}
