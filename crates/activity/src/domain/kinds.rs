//! A pattern of fact kinds with the wildcards of NATS.

/// Which kinds of facts are meant: dotted tokens, `*` for any one token, `>` for all that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kinds(String);

/// Why a pattern was refused; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be dotted words of a-z, 0-9, _ and -, `*` for any one word, `>` at the end for the rest"
)]
pub(crate) struct BadKinds;

impl Kinds {
    /// Reads a pattern; an empty text means all kinds.
    pub(crate) fn parse(text: &str) -> Result<Self, BadKinds> {
        if text.is_empty() {
            return Ok(Self(">".into()));
        }
        let tokens: Vec<&str> = text.split('.').collect();
        let last = tokens.len() - 1;
        let all_fit = tokens.iter().enumerate().all(|(place, token)| match *token {
            "*" => true,
            ">" => place == last,
            word => is_word(word),
        });
        if all_fit && text.len() <= 200 { Ok(Self(text.into())) } else { Err(BadKinds) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_word(token: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    !token.is_empty() && token.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_nats() {
        for good in ["user.invite.created", "user.*.created", "user.>", ">", "*", "*.invite.>"] {
            assert_eq!(Kinds::parse(good).expect("fits").as_str(), good);
        }
        assert_eq!(Kinds::parse("").expect("all").as_str(), ">");
    }

    #[test]
    fn what_could_reach_beyond_the_pattern_is_refused() {
        let long = "a.".repeat(100) + "b";
        for bad in [
            ".", "a..b", "a.", ".a", "a.>.b", "a*", ">a", "A.b", "a b", "a\r\nb", "ж", "$JS.API",
            &long,
        ] {
            assert_eq!(Kinds::parse(bad), Err(BadKinds), "{bad:?}");
        }
    }
}
