//! A CSV file of people to invite (RFC 4180): whatever cannot be a file of ours is refused whole, a bad row by itself.

use crate::domain::{Fault, MOST_ROWS, RawRow, RawWish};

/// The columns that a file may have, in any order; the first two it must have. Beside them: `workspace.<name>`.
const COLUMNS: [&str; 8] =
    ["email", "name", "role", "locale", "reference", "expires_in_hours", "scope_type", "scope_id"];
const NEEDED: usize = 2;

/// What stands between several roles in one field.
const BETWEEN_ROLES: [char; 4] = ['|', ';', ',', ' '];

/// Reads the rows of a file; the problem of one that is none, as the end of a sentence that begins with `csv`.
pub(crate) fn read_file(bytes: &[u8]) -> Result<Vec<RawRow>, String> {
    let text = text_of(bytes)?;
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.flexible(true).trim(csv::Trim::All).delimiter(delimiter(text));
    let mut reader = reader.from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| "has a header that cannot be read".to_owned())?;
    let columns = columns(header)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        if rows.len() == MOST_ROWS {
            return Err(format!("has more than {MOST_ROWS} rows; split it"));
        }
        // The text is UTF-8 and lengths may differ, so a record reads.
        let record = record.map_err(|_| "cannot be read".to_owned())?;
        rows.push(row(&columns, &record));
    }
    if rows.is_empty() { Err("has a header and no rows".into()) } else { Ok(rows) }
}

fn text_of(bytes: &[u8]) -> Result<&str, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err("is UTF-16 or no text at all; save it as UTF-8".into());
    }
    let text = std::str::from_utf8(bytes).map_err(|at| {
        let before = bytes[..at.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        format!("is not UTF-8 (line {}); save it as UTF-8", before + 1)
    })?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err("is empty".into());
    }
    // A reader would take everything after it for one value, and rows would be gone without a word.
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return Err("has a double quote that is never closed; within a value write two".into());
    }
    Ok(text)
}

/// What stands between the columns of the first line: some spreadsheets write semicolons or tabs.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let found = [b',', b';', b'\t'].into_iter().find(|mark| header.as_bytes().contains(mark));
    found.unwrap_or(b',')
}

/// What the columns are, by the header. A name that is none of ours is not repeated: it may be anything.
fn columns(header: &csv::StringRecord) -> Result<Vec<String>, String> {
    let names: Vec<String> = header.iter().map(str::to_ascii_lowercase).collect();
    for (at, name) in names.iter().enumerate() {
        let known = COLUMNS.contains(&name.as_str()) || name.starts_with("workspace.");
        if !known {
            let right = COLUMNS.join(", ");
            let place = at + 1;
            return Err(format!(
                "has an unknown column {place}; the columns are {right} and workspace.<name>"
            ));
        }
        if names[..at].contains(name) {
            return Err(format!("has two columns of the same name: {} and more", at + 1));
        }
    }
    match COLUMNS[..NEEDED].iter().find(|needed| !names.iter().any(|name| name == *needed)) {
        Some(missing) => Err(format!("has no column {missing}")),
        None => Ok(names),
    }
}

fn row(columns: &[String], record: &csv::StringRecord) -> RawRow {
    let mut wish = RawWish::default();
    for (name, value) in columns.iter().zip(record) {
        let value = value.to_owned();
        match name.as_str() {
            "email" => wish.email = value,
            "name" => wish.name = value,
            "role" => wish.roles = split(&value),
            "locale" => wish.locale = value,
            "reference" => wish.reference = value,
            "expires_in_hours" => wish.expires_in_hours = value,
            "scope_type" => wish.scope_type = value,
            "scope_id" => wish.scope_id = value,
            datum => {
                let name = datum.trim_start_matches("workspace.").to_owned();
                // An empty cell of a table says nothing of its row.
                wish.workspace.extend((!value.is_empty()).then_some((name, value)));
            }
        }
    }
    RawRow { wish, fault: ragged(columns.len(), record.len()) }
}

fn ragged(columns: usize, fields: usize) -> Option<Fault> {
    (columns != fields)
        .then(|| ("row", format!("has {fields} fields where the header has {columns}")))
}

fn split(roles: &str) -> Vec<String> {
    roles.split(BETWEEN_ROLES).filter(|role| !role.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem(bytes: &[u8]) -> String {
        read_file(bytes).expect_err("is refused")
    }

    #[test]
    fn columns_come_in_any_order_and_in_the_ways_of_spreadsheets() {
        let plain = "name,email,role,workspace.size\nAnn,ann@example.com,admin|user,20\n";
        let rows = read_file(plain.as_bytes()).expect("rows");
        let wish = &rows[0].wish;
        assert_eq!((wish.email.as_str(), wish.name.as_str()), ("ann@example.com", "Ann"));
        assert_eq!(wish.roles, ["admin", "user"]);
        assert_eq!(wish.workspace, [("size".to_owned(), "20".to_owned())]);
        for other in [
            "\u{feff}name,email\r\nAnn,ann@example.com\r\n",
            "Name;Email\nAnn;ann@example.com",
            "name\temail\nAnn\tann@example.com\n\n",
            "name,email\n\"Ann\",\" ann@example.com \"\n",
        ] {
            let rows = read_file(other.as_bytes()).expect(other);
            assert_eq!(rows.len(), 1, "{other}");
            assert_eq!(rows[0].wish.email, "ann@example.com", "{other}");
            assert_eq!((rows[0].wish.name.as_str(), &rows[0].fault), ("Ann", &None), "{other}");
        }
    }

    #[test]
    fn what_is_no_file_of_ours_is_refused_whole_and_says_why() {
        let utf16: Vec<u8> = "email,name\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [&[0xff, 0xfe], utf16.as_slice()].concat();
        for (bytes, says) in [
            (b"".as_slice(), "is empty"),
            (b" \r\n\n", "is empty"),
            ("\u{feff}".as_bytes(), "is empty"),
            (&utf16, "UTF-16"),
            (&marked, "UTF-16"),
            (b"email,name\nann@example.com,\xff\xfeAnn\n", "line 2"),
            (b"email,name\n", "no rows"),
            (b"email\nann@example.com\n", "no column name"),
            (b"name\nAnn\n", "no column email"),
            (b"email,name,colour\na@x.com,A,red\n", "unknown column 3"),
            (b"email,name,email\na@x.com,A,b@x.com\n", "same name"),
            (b"email,name\n\"a@x.com,A\nb@x.com,B\n", "never closed"),
        ] {
            assert!(problem(bytes).contains(says), "{}", problem(bytes));
        }
        let huge = |rows: usize| format!("email,name\n{}", "a@x.com,A\n".repeat(rows));
        assert_eq!(read_file(huge(MOST_ROWS).as_bytes()).expect("fits").len(), MOST_ROWS);
        assert!(problem(huge(MOST_ROWS + 1).as_bytes()).contains("more than 10000 rows"));
    }

    #[test]
    fn a_ragged_row_is_at_fault_by_itself() {
        let rows = read_file(b"email,name\na@x.com\nb@x.com,B,C\nc@x.com,C\n").expect("rows");
        let faults: Vec<_> =
            rows.iter().map(|row| row.fault.as_ref().map(|fault| fault.0)).collect();
        assert_eq!(faults, [Some("row"), Some("row"), None]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_file(&bytes);
            let _ = read_file(&[b"email,name\n".as_slice(), &bytes].concat());
        }
    }
}
