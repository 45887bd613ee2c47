//! What a member is found by: the address and the words of the name, in lower case.

/// Above every character, so that what begins with a word lies between the word and the word with this.
const LAST: char = '\u{10ffff}';

/// How many words of a name or a query count.
const MOST: usize = 8;

/// What a member is found by, without repeats.
pub(crate) fn words_of(email: &str, name: &str) -> Vec<String> {
    let mut words = lower(name);
    words.push(email.to_owned());
    words.sort();
    words.dedup();
    words
}

/// The beginnings that somebody looks for; each must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// The longest, which fits the fewest; decides the order.
    pub(crate) first: String,
    pub(crate) others: Vec<String>,
}

impl Query {
    /// Reads a query; `None` for an empty one.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        if text.chars().count() > 200 {
            return Err("is longer than 200 characters");
        }
        if text.contains('\0') {
            return Err("holds control characters");
        }
        let mut others = lower(text);
        others.sort_by_key(String::len);
        Ok(others.pop().map(|first| Self { first, others }))
    }

    /// Where the range of words ends that begin with the first.
    pub(crate) fn end(&self) -> String {
        format!("{}{LAST}", self.first)
    }
}

fn lower(text: &str) -> Vec<String> {
    text.to_lowercase().split_whitespace().take(MOST).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_by_address_and_each_word_of_the_name() {
        let words = words_of("ann@example.com", "Ann  O'Brien-MÜLLER ann");
        assert_eq!(words, ["ann", "ann@example.com", "o'brien-müller"]);
    }

    #[test]
    fn a_query_is_its_words() {
        assert_eq!(Query::parse(" \t "), Ok(None));
        let query = Query::parse(" ANN@  Smi ").expect("reads").expect("some");
        assert_eq!(
            (query.first.as_str(), query.others.as_slice()),
            ("ann@", ["smi".to_owned()].as_slice())
        );
        assert!("ann@x" < query.end().as_str() && "annA" > query.end().as_str());
        assert!(Query::parse(&"x".repeat(201)).is_err() && Query::parse("a\0").is_err());
    }
}
