//! Words that the other side sent: cut and made printable before they are passed on.

/// The longest text of another side that is passed on, in characters.
const LONGEST: usize = 300;

/// What it gave as its reason.
pub(crate) fn printable(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(LONGEST).collect::<String>().trim().to_owned()
}

/// The same, or that there is none.
pub(crate) fn told(message: &str) -> &str {
    if message.is_empty() { "it gave no reason" } else { message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_bounded_and_printable() {
        let long = "line\nbreak \u{7} ".to_owned() + &"я".repeat(1000);
        let words = printable(&long);
        assert!(words.starts_with("line break"), "{words}");
        assert_eq!(words.chars().count(), LONGEST);
        assert_eq!(told(&printable(" \r\n")), "it gave no reason");
    }
}
