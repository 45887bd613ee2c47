//! What a caller says, wherever it stands: path, query or body. What the legacy library adds beyond that is ignored.

use axum::extract::Query;
use bytes::Bytes;
use http::Uri;
use kernel::{Code, FieldViolation};
use serde_json::{Map, Value};

use crate::problem::Problem;

/// The fields of a request by their legacy names.
#[derive(Debug, Default)]
pub(super) struct Input(Map<String, Value>);

impl Input {
    /// Reads the fields; the path wins over the body, the body over the query.
    pub(super) fn read(
        vars: Vec<(String, String)>,
        query: &str,
        body: &Bytes,
    ) -> Result<Self, Problem> {
        let mut fields = of_query(query)?;
        if !body.trim_ascii().is_empty() {
            let body = serde_json::from_slice::<Map<String, Value>>(body);
            fields.extend(body.map_err(|problem| {
                // The parser tells a place and an expectation, never a value.
                let detail = format!("The body is not a JSON object: {problem}.");
                Problem::new(Code::Invalid, "bad_json", detail)
            })?);
        }
        fields.extend(vars.into_iter().map(|(name, value)| (name, Value::String(value))));
        Ok(Self(fields))
    }

    /// A text; a number counts as its digits. Empty where there is none: the service says whether it is needed.
    pub(super) fn text(&self, name: &str) -> Result<String, Problem> {
        match self.given(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.trim().to_owned()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(_) => Err(fault(name, "must be a text")),
        }
    }

    /// The spreadsheet, under either of its names.
    pub(super) fn spreadsheet(&self) -> Result<String, Problem> {
        match self.text("spreadsheet_id")?.as_str() {
            "" => self.text("ssId"),
            text => Ok(text.to_owned()),
        }
    }

    /// A text or a list of texts, as a list.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Problem> {
        let wrong = || fault(name, "must be a text or a list of texts");
        match self.given(name) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.trim().to_owned()]),
            Some(Value::Array(items)) => {
                let texts = items.iter().map(|item| item.as_str().map(|text| text.trim().into()));
                texts.collect::<Option<_>>().ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    /// Yes or no, in the spellings that spreadsheets make of it.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        let wrong = || fault(name, "must be true or false");
        match self.given(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(0) => Ok(Some(false)),
                Some(1) => Ok(Some(true)),
                _ => Err(wrong()),
            },
            Some(Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "" => Ok(None),
                "true" | "1" => Ok(Some(true)),
                "false" | "0" => Ok(Some(false)),
                _ => Err(wrong()),
            },
            Some(_) => Err(wrong()),
        }
    }

    /// A whole number; 0 where there is none.
    pub(super) fn number(&self, name: &str) -> Result<i32, Problem> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Ok(0);
        }
        // Spreadsheets know no whole numbers.
        let text = text.strip_suffix(".0").unwrap_or(&text);
        text.parse().map_err(|_| fault(name, "must be a whole number"))
    }

    /// Any value; none for null.
    pub(super) fn given(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

fn of_query(query: &str) -> Result<Map<String, Value>, Problem> {
    let bad = || Problem::new(Code::Invalid, "bad_query", "The query cannot be read.");
    let uri: Uri = format!("/?{query}").parse().map_err(|_| bad())?;
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri).map_err(|_| bad())?;
    Ok(pairs.into_iter().map(|(name, text)| (name, Value::String(text))).collect())
}

/// The refusal of one field.
pub(super) fn fault(name: &str, problem: &str) -> Problem {
    Problem::of_fields(vec![FieldViolation::new(name, problem)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn input(body: &str) -> Result<Input, Problem> {
        Input::read(
            vec![("id".into(), "7".into())],
            "limit=5&is_active=true",
            &body.to_owned().into(),
        )
    }

    #[test]
    fn path_wins_over_body_and_body_over_query() {
        let read = input(r#"{"id": "8", "limit": 6, "more": {"ignored": []}}"#).expect("read");
        assert_eq!(read.text("id").expect("text"), "7");
        assert_eq!(read.number("limit").expect("number"), 6);
        assert_eq!(read.flag("is_active").expect("flag"), Some(true));
    }

    #[test]
    fn both_names_of_a_spreadsheet_count() {
        for body in [
            r#"{"spreadsheet_id": "s"}"#,
            r#"{"ssId": "s"}"#,
            r#"{"ssId": " s ", "spreadsheet_id": ""}"#,
        ] {
            assert_eq!(input(body).and_then(|read| read.spreadsheet()).expect("text"), "s");
        }
    }

    #[test]
    fn roles_are_a_text_or_a_list() {
        let roles = |body| input(body).and_then(|read| read.texts("roles"));
        assert_eq!(roles(r#"{"roles": "client"}"#).expect("read"), ["client"]);
        assert_eq!(roles(r#"{"roles": ["client", "user"]}"#).expect("read"), ["client", "user"]);
        assert!(roles(r#"{"roles": [1]}"#).is_err() && roles(r#"{"roles": {}}"#).is_err());
    }

    #[test]
    fn what_is_no_object_or_too_deep_is_refused() {
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(200), "]".repeat(200));
        for body in ["[1]", "7", "{\"a\":", "null", "\u{feff}{}", &deep] {
            assert_eq!(input(body).expect_err("refused").reason(), "bad_json", "{body}");
        }
        assert!(input(" ").is_ok() && input("").is_ok());
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body in ".{0,200}") {
            let _ = input(&body).map(|read| (read.texts("roles").is_ok(), read.number("limit").is_ok()));
        }
    }
}
