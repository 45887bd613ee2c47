//! Long texts in parts that Telegram takes, cut where a reader would pause.

/// The longest message, in UTF-16 units, which is how Telegram counts.
pub(super) const LONGEST: usize = 4096;

/// The text in parts of at most [`LONGEST`] units: cut between paragraphs where that leaves parts of some size, else
/// between lines, else between words, else anywhere between two characters. Blanks at a cut are left out; no part is
/// blank.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let fits = fitting(rest);
        let cut = if fits == rest.len() { fits } else { border(&rest[..fits], &rest[fits..]) };
        parts.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    parts
}

/// How many bytes of the text fit into one message.
fn fitting(text: &str) -> usize {
    let mut units = 0;
    let over = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > LONGEST
    });
    over.map_or(text.len(), |(at, _)| at)
}

/// Where to cut a head that is followed by `tail`: after the last border of the best kind. A border in the first half
/// of the head would leave a stump, so the next kind is looked for.
fn border(head: &str, tail: &str) -> usize {
    // A head that ends just before a border is whole.
    if tail.starts_with("\n\n") || tail.starts_with("\r\n\r\n") {
        return head.len();
    }
    let half = head.len() / 2;
    let last = |border: &str| head.rfind(border).filter(|at| *at > half);
    let word = || head.rfind(char::is_whitespace).filter(|at| *at > half);
    last("\n\n")
        .or_else(|| last("\r\n\r\n"))
        .or_else(|| last("\n"))
        .or_else(|| tail.starts_with(char::is_whitespace).then_some(head.len()))
        .or_else(word)
        .unwrap_or(head.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn units(text: &str) -> usize {
        text.encode_utf16().count()
    }

    fn black(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    #[test]
    fn a_short_text_is_one_part_and_blanks_are_none() {
        assert_eq!(split("  hello\n"), ["hello"]);
        assert_eq!(split(" \n\t\u{3000}"), [""; 0]);
        let just = "a".repeat(LONGEST);
        assert_eq!(split(&just), [just.as_str()]);
    }

    #[test]
    fn a_long_text_is_cut_between_paragraphs_then_lines_then_words() {
        let (three, two) = ("a".repeat(3000), "b".repeat(2000));
        for border in ["\n\n", "\r\n\r\n", "\n", " "] {
            let text = format!("{three}{border}{two}");
            assert_eq!(split(&text), [three.as_str(), two.as_str()], "{border:?}");
        }
        let text = format!("{}\n\nx y\nz {two}", "a".repeat(2500));
        let parts = split(&text);
        assert_eq!(parts[0].len(), 2500, "the paragraph goes before the line and the word");
        let text = format!("hello\n\n{}", "a b ".repeat(2000));
        assert!(units(split(&text)[0]) > LONGEST / 2, "no stump");
    }

    #[test]
    fn a_text_without_borders_is_cut_between_characters() {
        let text = "😀".repeat(3000);
        let parts = split(&text);
        assert_eq!(parts.iter().map(|part| units(part)).collect::<Vec<_>>(), [4096, 1904]);
        assert_eq!(parts.concat(), text);
        let odd = format!("a{text}");
        assert_eq!(units(split(&odd)[0]), 4095, "no half of a pair");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_part_is_too_long_or_blank_and_nothing_is_lost(
            pieces in prop::collection::vec(("[a-zя😀]{0,3000}", "[ \n\r\t]{0,3}"), 0..8)
        ) {
            let text: String = pieces.into_iter().map(|(word, blank)| word + &blank).collect();
            let parts = split(&text);
            for part in &parts {
                prop_assert!(units(part) <= LONGEST && !part.trim().is_empty());
            }
            prop_assert_eq!(black(&parts.concat()), black(&text));
        }
    }
}
