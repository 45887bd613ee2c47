//! A migration as statements of words, and the tables it creates.

/// A word, a mark, a quoted text or a whole dollar-quoted body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As written.
    pub text: String,
    /// Its first line.
    pub line: usize,
}

/// A table that a statement creates.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The line of its name.
    pub line: usize,
    /// Whose partition it is.
    pub parent: Option<String>,
    /// Columns and constraints, as they stand between the commas.
    pub parts: Vec<Vec<Word>>,
}

/// The statements of a file, without comments.
#[must_use]
pub fn statements(text: &str) -> Vec<Vec<Word>> {
    let words = words(text);
    let split = words.split(|word| word.text == ";");
    split.filter(|words| !words.is_empty()).map(<[Word]>::to_vec).collect()
}

/// The table that this statement creates.
#[must_use]
pub fn table(statement: &[Word]) -> Option<Table> {
    let rest = after(statement, &["create", "table"])?;
    let rest = after(rest, &["if", "not", "exists"]).unwrap_or(rest);
    let name = rest.first()?;
    let parent = after(&rest[1..], &["partition", "of"]).and_then(<[Word]>::first);
    Some(Table {
        name: name.text.clone(),
        line: name.line,
        parent: parent.map(|word| word.text.clone()),
        parts: if parent.is_none() { list(&rest[1..]) } else { Vec::new() },
    })
}

/// What follows these words at the beginning of a statement.
#[must_use]
pub fn after<'a>(statement: &'a [Word], words: &[&str]) -> Option<&'a [Word]> {
    let begins = statement.len() >= words.len()
        && words.iter().zip(statement).all(|(wanted, word)| word.text == *wanted);
    begins.then(|| &statement[words.len()..])
}

/// What stands between the commas of the first parenthesis.
#[must_use]
pub fn list(words: &[Word]) -> Vec<Vec<Word>> {
    let mut parts = vec![Vec::new()];
    let mut depth = 0_usize;
    for word in words.iter().skip_while(|word| word.text != "(").skip(1) {
        match word.text.as_str() {
            "(" => depth += 1,
            ")" if depth == 0 => break,
            ")" => depth -= 1,
            "," if depth == 0 => {
                parts.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(word.clone());
        }
    }
    parts
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("$$") => closed(rest, "$$"),
            '\'' => closed(rest, "'"),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (word, next) = rest.split_at(length);
        if !word.trim().is_empty() && !word.starts_with("--") {
            words.push(Word { text: word.into(), line });
        }
        line += word.matches('\n').count();
        rest = next;
    }
    words
}

/// The length of a quoted text with its quotes.
fn closed(rest: &str, quote: &str) -> usize {
    let inner = &rest[quote.len()..];
    inner.find(quote).map_or(rest.len(), |at| at + 2 * quote.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_in_parts_and_bodies_stay_whole() {
        let text = "-- a; b\ncreate table t (\n  a int default f(1, 2), -- c\n  b text\n);\ndo $$ begin; end $$;";
        let statements = statements(text);
        assert_eq!(statements.len(), 2);
        let table = table(&statements[0]).unwrap();
        assert_eq!((table.name.as_str(), table.line, table.parts.len()), ("t", 2, 2));
        assert_eq!(table.parts[1][0], Word { text: "b".into(), line: 4 });
        assert_eq!(statements[1][1].text, "$$ begin; end $$");
    }
}
