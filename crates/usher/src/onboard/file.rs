//! Reading and checking the file, before anything is sent. Pure.

use std::collections::{BTreeSet, HashMap};

use kernel::{Email, Locale, PersonName, Slug, Timestamp};
use secrecy::SecretString;

/// Most rows of one file; a larger one is refused whole.
const MAX_ROWS: usize = 10_000;

/// The header, in this order; the last two columns may be absent.
const COLUMNS: [&str; 7] =
    ["email", "name", "role", "spreadsheet_id", "wb_token", "tenant", "locale"];
const NEEDED: usize = 5;

/// A good row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line's number among the data rows, from 1.
    pub number: usize,
    /// Whom to invite.
    pub email: Email,
    /// The person's name.
    pub name: PersonName,
    /// The role to bind.
    pub role: String,
    /// The spreadsheet to register.
    pub spreadsheet_id: String,
    /// The marketplace token.
    pub wb_token: SecretString,
    /// The tenant's slug, if the row names one.
    pub tenant: Option<Slug>,
    /// The language of letters.
    pub locale: Locale,
}

/// What is wrong with the file or one of its rows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// The data row's number, from 1; 0 is the header or the file itself.
    pub row: usize,
    /// The column at fault.
    pub field: String,
    /// What is wrong and what would be right; never repeats a token.
    pub problem: String,
}

/// A file after the check.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Rows that may go on.
    pub rows: Vec<Row>,
    /// Rows that may not, and why.
    pub faults: Vec<Fault>,
}

/// Checks the bytes of a file. `roles` are the roles that can be bound.
#[must_use]
pub fn check(bytes: &[u8], roles: &BTreeSet<String>, now: Timestamp) -> Checked {
    match text_of(bytes).and_then(|text| rows_of(text, roles, now)) {
        Ok(checked) => checked,
        Err((field, problem)) => {
            let fault = Fault { row: 0, field: field.into(), problem };
            Checked { rows: Vec::new(), faults: vec![fault] }
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, Refused> {
    let text = std::str::from_utf8(bytes).map_err(|at| {
        let before = bytes[..at.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        ("file", format!("is not UTF-8 (line {}); save it as UTF-8", before + 1))
    })?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() { Err(("file", "is empty".into())) } else { Ok(text) }
}

fn rows_of(text: &str, roles: &BTreeSet<String>, now: Timestamp) -> Result<Checked, Refused> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|problem| ("header", problem.to_string()))?;
    let columns = header.len();
    let known = COLUMNS.iter().take(columns).map(|name| (*name).to_owned());
    if !(NEEDED..=COLUMNS.len()).contains(&columns)
        || !header.iter().map(str::to_lowercase).eq(known)
    {
        let right = COLUMNS.join(",");
        return Err(("header", format!("must be `{right}`; the last two may be absent")));
    }
    let (mut checked, mut seen) = (Checked::default(), Seen::default());
    for (number, record) in (1..).zip(reader.records()) {
        if number > MAX_ROWS {
            return Err(("file", format!("has more than {MAX_ROWS} rows; split it")));
        }
        let record = record.map_err(|problem| ("row", problem.to_string()));
        let row = record.and_then(|record| read(number, &record, columns, roles, now));
        match row.and_then(|row| seen.admit(row)) {
            Ok(row) => checked.rows.push(row),
            Err((field, problem)) => {
                checked.faults.push(Fault { row: number, field: field.into(), problem });
            }
        }
    }
    if checked.rows.is_empty() && checked.faults.is_empty() {
        return Err(("file", "has a header and no rows".into()));
    }
    Ok(checked)
}

/// The column (or part of the file) at fault, and the problem.
type Refused = (&'static str, String);

fn read(
    number: usize,
    record: &csv::StringRecord,
    columns: usize,
    roles: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Row, Refused> {
    if record.len() != columns {
        return Err(("row", format!("has {} fields, the header has {columns}", record.len())));
    }
    let field = |index: usize| record.get(index).unwrap_or_default();
    let said = |name: &'static str| move |problem: kernel::BadText| (name, problem.to_string());
    let role = match field(2) {
        "" => "client",
        role => role,
    };
    if !roles.contains(role) {
        let known = roles.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(("role", format!("`{role}` is not a role; the roles are {known}")));
    }
    let spreadsheet_id = field(3);
    provisioning::check_spreadsheet_id(spreadsheet_id)
        .map_err(|problem| ("spreadsheet_id", problem))?;
    provisioning::check_wb_token(field(4), now).map_err(|problem| ("wb_token", problem))?;
    Ok(Row {
        number,
        email: Email::parse(field(0)).map_err(said("email"))?,
        name: PersonName::parse(field(1)).map_err(said("name"))?,
        role: role.into(),
        spreadsheet_id: spreadsheet_id.to_owned(),
        wb_token: field(4).into(),
        tenant: Some(field(5))
            .filter(|slug| !slug.is_empty())
            .map(Slug::parse)
            .transpose()
            .map_err(said("tenant"))?,
        locale: Locale::parse(field(6)).map_err(said("locale"))?,
    })
}

/// What earlier rows of the file claimed.
#[derive(Default)]
struct Seen {
    emails: HashMap<(Option<Slug>, Email), usize>,
    spreadsheets: HashMap<String, usize>,
}

impl Seen {
    fn admit(&mut self, row: Row) -> Result<Row, Refused> {
        if let Some(first) = self.emails.get(&(row.tenant.clone(), row.email.clone())) {
            return Err(("email", format!("repeats row {first}")));
        }
        if let Some(first) = self.spreadsheets.get(&row.spreadsheet_id) {
            return Err(("spreadsheet_id", format!("repeats row {first}")));
        }
        self.emails.insert((row.tenant.clone(), row.email.clone()), row.number);
        self.spreadsheets.insert(row.spreadsheet_id.clone(), row.number);
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    const HEADER: &str = "email,name,role,spreadsheet_id,wb_token,tenant,locale\n";

    fn token(exp: i64) -> String {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let head = part(r#"{"alg":"ES256","typ":"JWT"}"#);
        let sid = "7f6d0a2e-8a0f-4a53-9a34-0c5a0c0f9a11";
        format!("{head}.{}.c2ln", part(&format!(r#"{{"sid":"{sid}","exp":{exp}}}"#)))
    }

    fn checked(body: &str) -> Checked {
        let roles = ["client", "admin"].map(String::from).into();
        let now: Timestamp =
            "2026-01-01T00:00:00Z".parse::<jiff::Timestamp>().expect("a time").into();
        check(body.as_bytes(), &roles, now)
    }

    fn row(number: usize) -> String {
        format!(
            "p{number}@example.com,Person {number},client,sheet-{number},{},demo,en\n",
            token(4_102_444_800)
        )
    }

    fn fault_of(line: &str) -> (usize, String) {
        let all = checked(&format!("{HEADER}{}{line}", row(1)));
        assert_eq!(all.rows.len(), 1, "the good row goes on");
        assert_eq!(all.faults.len(), 1, "{:?}", all.faults);
        (all.faults[0].row, all.faults[0].field.clone())
    }

    #[test]
    fn good_rows_pass() {
        let all = checked(&format!("{HEADER}{}{}", row(1), row(2)));
        assert_eq!((all.rows.len(), all.faults.len()), (2, 0), "{:?}", all.faults);
        assert_eq!(all.rows[1].number, 2);
    }

    #[test]
    fn the_last_two_columns_may_be_absent() {
        let body = format!(
            "email,name,role,spreadsheet_id,wb_token\na@x.com,A,,s1,{}\n",
            token(4_102_444_800)
        );
        let all = checked(&body);
        assert_eq!(all.faults, []);
        assert_eq!(all.rows[0].role, "client");
        assert_eq!(all.rows[0].tenant, None);
    }

    #[test]
    fn bad_rows_are_refused_with_row_and_field() {
        let good = token(4_102_444_800);
        let old = token(1_600_000_000);
        for (line, field) in [
            (format!(",N,client,s,{good},demo,en\n"), "email"),
            (format!("not-an-address,N,client,s,{good},demo,en\n"), "email"),
            (format!("a@x.com,N,emperor,s,{good},demo,en\n"), "role"),
            (format!("a@x.com,N,client,,{good},demo,en\n"), "spreadsheet_id"),
            ("a@x.com,N,client,s,not-a-jwt,demo,en\n".into(), "wb_token"),
            (format!("a@x.com,N,client,s,{old},demo,en\n"), "wb_token"),
            (format!("a@x.com,N,client,s,{good},Bad Slug,en\n"), "tenant"),
            (format!("a@x.com,N,client,s,{good},demo,tlh\n"), "locale"),
            (format!("a@x.com,,client,s,{good},demo,en\n"), "name"),
            ("a@x.com,N,client\n".into(), "row"),
            (format!("P1@Example.com,Again,client,other,{good},demo,en\n"), "email"),
            (format!("b@x.com,N,client,sheet-1,{good},demo,en\n"), "spreadsheet_id"),
        ] {
            assert_eq!(fault_of(&line), (2, field.to_owned()), "{line}");
        }
    }

    #[test]
    fn a_file_at_fault_is_refused_whole() {
        let field = |bytes: &[u8]| {
            let roles = ["client".to_owned()].into();
            let all = check(bytes, &roles, jiff::Timestamp::UNIX_EPOCH.into());
            assert!(all.rows.is_empty());
            all.faults[0].field.clone()
        };
        assert_eq!(field(b""), "file");
        assert_eq!(field(b" \n\n"), "file");
        assert_eq!(field(HEADER.as_bytes()), "file");
        assert_eq!(field(b"mail,name\nx,y\n"), "header");
        assert_eq!(field(b"email,name,role,spreadsheet_id,wb_token\n\xff\xfe,x,y,z,w\n"), "file");
        let huge = format!("{HEADER}{}", "a,b,c,d,e,f,g\n".repeat(100_000));
        assert_eq!(field(huge.as_bytes()), "file");
    }

    #[test]
    fn a_fault_never_repeats_a_token() {
        let all = checked(&format!("{HEADER}a@x.com,N,client,s,{},demo,en\n", token(1)));
        let secret = token(1);
        assert!(!format!("{:?}", all.faults).contains(&secret[secret.len() - 8..]));
    }
}
