//! What a connector has to be told: its settings, which of them are secret, and where to get them.

use serde_json::{Map, Value, json};

/// Whether a setting has to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing works without it.
    Required,
    /// It may be left out.
    Optional,
}

/// Whether a setting may be shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// It may.
    Open,
    /// Kept sealed, shown as `***`.
    Secret,
}

/// What a setting looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Up to so many characters on one line.
    Text(usize),
    /// An http or https address.
    Address,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its key in the JSON object of settings.
    pub name: &'static str,
    /// Its label.
    pub title: &'static str,
    /// What it is and where to find it.
    pub help: &'static str,
    /// Whether it has to be given.
    pub need: Need,
    /// Whether it may be shown again.
    pub secrecy: Secrecy,
    /// What it looks like.
    pub format: Format,
}

/// One kind of outside system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Its short name, which reasons and metrics begin with: `telegram`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What to do outside, step by step.
    pub instruction: &'static [&'static str],
    /// Its settings, in the order of a form.
    pub fields: &'static [Field],
}

impl Spec {
    /// The settings as JSON Schema (draft 2020-12) of an object; a secret is `writeOnly` with the format `password`.
    #[must_use]
    pub fn schema(&self) -> Value {
        let properties: Map<_, _> =
            self.fields.iter().map(|field| (field.name.to_owned(), field.schema())).collect();
        let required = self.fields.iter().filter(|field| field.need == Need::Required);
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "description": self.instruction.join("\n"),
            "type": "object",
            "properties": properties,
            "required": required.map(|field| field.name).collect::<Vec<_>>(),
            "additionalProperties": false,
        })
    }
}

impl Field {
    fn schema(&self) -> Value {
        let mut schema = json!({
            "type": "string",
            "title": self.title,
            "description": self.help,
            "minLength": 1,
        });
        match self.format {
            Format::Text(most) => schema["maxLength"] = most.into(),
            Format::Address => schema["format"] = "uri".into(),
            Format::Choice(words) => schema["enum"] = words.into(),
        }
        if self.secrecy == Secrecy::Secret {
            schema["writeOnly"] = true.into();
            schema["format"] = "password".into();
        }
        schema
    }
}
