//! Names that outsiders chose, made fit to stand in our letters.

use kernel::PersonName;

/// The name as a letter may show it, or `None` for one that would be a link in the reader's mail program: whoever
/// invites must not write the letter. Marks that turn the direction of text around are in no name, see [`PersonName`].
pub(super) fn presentable(name: &PersonName) -> Option<&str> {
    let folded = name.as_str().to_lowercase();
    let link = ["://", "www.", "mailto:"].iter().any(|mark| folded.contains(mark));
    (!link).then_some(name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str) -> Option<String> {
        presentable(&PersonName::parse(name).expect("a name")).map(str::to_owned)
    }

    #[test]
    fn a_name_that_would_be_a_link_is_left_out() {
        for bad in ["Win at https://evil.example", "WWW.evil.example", "mailto:a@b.cd"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
        assert_eq!(shown("J. R. R. Tolkien").as_deref(), Some("J. R. R. Tolkien"));
        assert_eq!(shown("Booking.com").as_deref(), Some("Booking.com"));
    }
}
