//! Names that outsiders chose, made fit to stand in our letters.

use kernel::PersonName;

/// The name as a letter may show it, or `None` for one that would be a link in the reader's mail program: whoever
/// invites must not write the letter. Marks that turn the direction of text around are left out.
pub(super) fn presentable(name: &PersonName) -> Option<String> {
    let shown: String = name.as_str().chars().filter(|c| !turns_direction(*c)).collect();
    let folded = shown.to_lowercase();
    let link = ["://", "www.", "mailto:"].iter().any(|mark| folded.contains(mark));
    (!link && !shown.trim().is_empty()).then_some(shown)
}

/// Explicit bidirectional controls (Unicode UAX 9).
const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str) -> Option<String> {
        presentable(&PersonName::parse(name).expect("a name"))
    }

    #[test]
    fn a_name_that_would_be_a_link_is_left_out() {
        for bad in ["Win at https://evil.example", "WWW.evil.example", "mailto:a@b.cd"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
        assert_eq!(shown("J. R. R. Tolkien").as_deref(), Some("J. R. R. Tolkien"));
        assert_eq!(shown("Booking.com").as_deref(), Some("Booking.com"));
    }

    #[test]
    fn a_name_cannot_turn_the_text_around() {
        assert_eq!(shown("Ann\u{202e}moc.live").as_deref(), Some("Annmoc.live"));
        assert_eq!(shown("\u{202e}"), None);
    }
}
