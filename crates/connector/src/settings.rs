//! Settings as they were given: checked against a spec, and never printed.

use std::{collections::BTreeMap, fmt};

use kernel::FieldViolation;
use outbound::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::{Field, Format, Need, Secrecy, Spec};

/// The longest address.
const LONGEST_ADDRESS: usize = 2048;

/// The settings of one connector.
#[derive(Clone)]
pub struct Settings {
    spec: &'static Spec,
    values: BTreeMap<&'static str, SecretString>,
}

impl Spec {
    /// Reads the settings out of a JSON object of texts; a text of blanks counts as left out.
    ///
    /// # Errors
    /// Every field at fault with what is wrong; never a value.
    pub fn read(&'static self, given: &Value) -> Result<Settings, Vec<FieldViolation>> {
        let Some(given) = given.as_object() else {
            return Err(vec![FieldViolation::new("settings", "must be a JSON object")]);
        };
        let mut violations: Vec<_> = given
            .keys()
            .filter(|name| !self.fields.iter().any(|field| field.name == **name))
            .map(|name| {
                FieldViolation::new(name, format!("is no setting of {}; remove it", self.title))
            })
            .collect();
        let mut values = BTreeMap::new();
        for field in self.fields {
            match field.read(given) {
                Ok(Some(value)) => drop(values.insert(field.name, SecretString::from(value))),
                Ok(None) => {}
                Err(problem) => violations.push(FieldViolation::new(field.name, problem)),
            }
        }
        if violations.is_empty() { Ok(Settings { spec: self, values }) } else { Err(violations) }
    }
}

impl Field {
    fn read(&self, given: &Map<String, Value>) -> Result<Option<String>, String> {
        let text = match given.get(self.name) {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text.trim(),
            Some(_) => return Err("must be a text".into()),
        };
        if text.is_empty() {
            return match self.need {
                Need::Required => Err(format!("is needed: {}", self.help)),
                Need::Optional => Ok(None),
            };
        }
        if text.chars().any(char::is_control) {
            return Err("must be one line of printable characters".into());
        }
        match self.format {
            Format::Text(most) if text.chars().count() > most => {
                Err(format!("is longer than {most} characters"))
            }
            Format::Address if text.len() > LONGEST_ADDRESS => {
                Err(format!("is longer than {LONGEST_ADDRESS} characters"))
            }
            Format::Address if !is_address(text) => {
                Err("must be an http or https address such as https://backend.example.com".into())
            }
            Format::Choice(words) if !words.contains(&text) => {
                Err(format!("must be one of {}", words.join(", ")))
            }
            _ => Ok(Some(text.to_owned())),
        }
    }
}

fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

impl Settings {
    /// Whose settings these are.
    #[must_use]
    pub const fn spec(&self) -> &'static Spec {
        self.spec
    }

    /// A setting, if it was given.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(ExposeSecret::expose_secret)
    }

    /// A setting that is kept secret, if it was given.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&SecretString> {
        self.values.get(name)
    }

    /// The settings as they may be shown: secrets as `***`.
    #[must_use]
    pub fn shown(&self) -> Value {
        let shown = |field: &Field| {
            let value = self.text(field.name)?;
            let value = if field.secrecy == Secrecy::Secret { "***" } else { value };
            Some((field.name.to_owned(), Value::from(value)))
        };
        Value::Object(self.spec.fields.iter().filter_map(shown).collect())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("of", &self.spec.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static SPEC: Spec = Spec {
        name: "sample",
        title: "Sample",
        instruction: &["Go there.", "Come back."],
        fields: &[
            Field {
                name: "url",
                title: "Address",
                help: "Where it is.",
                need: Need::Required,
                secrecy: Secrecy::Open,
                format: Format::Address,
            },
            Field {
                name: "key",
                title: "Key",
                help: "How it opens.",
                need: Need::Required,
                secrecy: Secrecy::Secret,
                format: Format::Text(8),
            },
            Field {
                name: "way",
                title: "Way",
                help: "Which way.",
                need: Need::Optional,
                secrecy: Secrecy::Open,
                format: Format::Choice(&["up", "down"]),
            },
        ],
    };

    fn wrong(given: &Value) -> Vec<String> {
        let violations = SPEC.read(given).expect_err("wrong");
        violations.iter().map(|one| format!("{} {}", one.field, one.problem)).collect()
    }

    #[test]
    fn good_settings_are_kept_and_shown_without_secrets() {
        let given = json!({"url": " https://a.example ", "key": "canary", "way": ""});
        let settings = SPEC.read(&given).expect("good");
        assert_eq!(settings.text("url"), Some("https://a.example"));
        assert_eq!(settings.text("way"), None);
        assert_eq!(settings.shown(), json!({"url": "https://a.example", "key": "***"}));
        assert!(!format!("{settings:?}").contains("canary"));
    }

    #[test]
    fn every_bad_setting_is_named_and_none_is_repeated() {
        assert_eq!(wrong(&json!([])), ["settings must be a JSON object"]);
        assert_eq!(
            wrong(&json!({"key": "canary-canary", "way": "canary", "more": "canary"})),
            [
                "more is no setting of Sample; remove it",
                "url is needed: Where it is.",
                "key is longer than 8 characters",
                "way must be one of up, down",
            ]
        );
        for url in ["canary", "ftp://canary", "http://", "file:///canary", "a\u{7}b"] {
            let told = wrong(&json!({"url": url, "key": "k"}));
            assert!(told.len() == 1 && !told[0].contains("canary"), "{told:?}");
        }
        assert_eq!(wrong(&json!({"url": "http://a", "key": 5})), ["key must be a text"]);
        let two_lines = json!({"url": "http://a", "key": "a\r\nb"});
        assert_eq!(wrong(&two_lines), ["key must be one line of printable characters"]);
    }

    #[test]
    fn the_schema_tells_a_form_what_is_needed_and_what_is_secret() {
        let schema = SPEC.schema();
        assert_eq!(schema["required"], json!(["url", "key"]));
        assert_eq!(schema["description"], "Go there.\nCome back.");
        let key = &schema["properties"]["key"];
        assert_eq!((&key["writeOnly"], &key["format"]), (&json!(true), &json!("password")));
        assert_eq!(schema["properties"]["url"]["format"], "uri");
        assert_eq!(schema["properties"]["way"]["enum"], json!(["up", "down"]));
    }
}
