//! JSON that reads the same for everybody: in no object, however deep, does a name stand twice, and no text holds a NUL,
//! which the database cannot keep.

use std::{cell::RefCell, fmt};

use kernel::{Code, FieldViolation};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::problem::Problem;

/// Reads the JSON object of a body. No more than 128 levels deep, which is the parser's own bound.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let fault = RefCell::default();
    let mut parser = serde_json::Deserializer::from_slice(body);
    let read = Node(&fault).deserialize(&mut parser).and_then(|value| {
        parser.end()?;
        Ok(value)
    });
    let told = match read {
        Ok(Value::Object(fields)) => return Ok(fields),
        Ok(_) => "it must begin with {".to_owned(),
        Err(problem) => problem.to_string(),
    };
    // The parser tells a place and an expectation, never a value.
    let detail = format!("The body is not a JSON object: {told}.");
    let problem = Problem::new(Code::Invalid, "bad_json", detail);
    let Fault { mut path, told } = fault.into_inner();
    if told.is_empty() {
        return Err(problem);
    }
    path.reverse();
    Err(problem.with_fields(vec![FieldViolation::new(path.join("."), told)]))
}

/// What is wrong besides the form, and the way to it from the inside out; `told` is empty while nothing is.
#[derive(Default)]
struct Fault {
    path: Vec<String>,
    told: &'static str,
}

/// A value within the body.
#[derive(Clone, Copy)]
struct Node<'a>(&'a RefCell<Fault>);

impl Node<'_> {
    fn refuse<E: Error>(self, step: Option<String>, told: &'static str) -> E {
        let mut fault = self.0.borrow_mut();
        fault.path.extend(step);
        fault.told = told;
        E::custom(told)
    }

    /// One more step on the way to the fault, if that is what went wrong.
    fn within<E>(self, step: impl fmt::Display) -> impl FnOnce(E) -> E {
        move |problem| {
            let mut fault = self.0.borrow_mut();
            if !fault.told.is_empty() {
                fault.path.push(step.to_string());
            }
            problem
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        match value.contains('\0') {
            true => Err(self.refuse(None, "holds a NUL character")),
            false => Ok(value.into()),
        }
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self).map_err(self.within(values.len()))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if fields.contains_key(&name) {
                return Err(self.refuse(Some(name), "stands twice"));
            }
            let value = entries.next_value_seed(self).map_err(self.within(&name))?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn twice(body: &str) -> Option<String> {
        let problem = object(body.as_bytes()).expect_err("refused");
        problem.fields().first().map(|violation| violation.field.clone())
    }

    #[test]
    fn a_name_that_stands_twice_and_a_nul_are_told_with_the_way_to_them() {
        for (body, field) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
            (r#"{"a":{"b":1,"c":2,"b":3}}"#, "a.b"),
            (r#"{"x":[0,{"y":[{"z":1,"z":2}]}]}"#, "x.1.y.0.z"),
            (r#"{"":{"":1,"":2}}"#, "."),
            (r#"{"a":[{"b":"x\u0000"}]}"#, "a.0.b"),
        ] {
            assert_eq!(twice(body).as_deref(), Some(field), "{body}");
        }
        let same = json!({"a": {"b": 1}, "c": [{"b": 1}, {"b": 2}], "d": {"b": null}});
        assert_eq!(object(same.to_string().as_bytes()).ok(), same.as_object().cloned());
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = |open: &str, n: usize| format!("{{\"a\":{}", open.repeat(n));
        let bodies = [
            "null",
            "1",
            "[]",
            "\"a\"",
            "{",
            "{}{}",
            "{} x",
            "{a:1}",
            "{\"a\":1,}",
            "{'a':1}",
            "",
            "{\"a\":01}",
            "{\"a\":NaN}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":1e999}",
            "\u{feff}{}",
            "{\"a\":\"\n\"}",
        ];
        for body in bodies
            .map(str::to_owned)
            .into_iter()
            .chain([deep("[", 100_000), deep("{\"a\":", 100_000)])
        {
            let problem = object(body.as_bytes()).expect_err("refused");
            assert_eq!(problem.reason(), "bad_json", "{}", &body[..body.len().min(20)]);
        }
        assert!(object(b"{\"a\":\"\xff\"}").is_err() && object(b"\0{}").is_err());
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_they_are_read_as_the_parser_reads_them(text in r#"[\[\]{}:,"a1\\u0 .e-]{0,60}"#) {
            if let Ok(fields) = object(text.as_bytes()) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(Value::Object(fields)));
            }
        }

        #[test]
        fn bytes_of_any_kind_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = object(&bytes);
        }
    }
}
