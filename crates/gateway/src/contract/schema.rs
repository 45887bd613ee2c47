//! JSON Schemas of the contract's messages, as proto3 JSON writes them.

use std::collections::{BTreeMap, HashSet};

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};
use wire::json::POOL;

use super::comments;

/// The schemas that a document has asked for, with all they refer to.
#[derive(Default)]
pub(super) struct Schemas {
    known: BTreeMap<String, Value>,
    /// Messages that callers read: a secret in one of them is shown, once.
    told: HashSet<String>,
}

impl Schemas {
    /// Schemas of a document in which callers read `told` and what it holds.
    pub(super) fn new(told: impl Iterator<Item = MessageDescriptor>) -> Self {
        let mut schemas = Self::default();
        for message in told {
            schemas.mark(&message);
        }
        schemas
    }

    /// All schemas by name.
    pub(super) fn into_components(self) -> BTreeMap<String, Value> {
        self.known
    }

    /// A reference to the message's schema.
    pub(super) fn refer(&mut self, message: &MessageDescriptor) -> Value {
        let name = name(message);
        if !self.known.contains_key(&name) {
            // Known before it is written, so that a message may hold itself.
            self.known.insert(name.clone(), Value::Null);
            let schema = self.object(message, &[]);
            self.known.insert(name.clone(), schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// The message's schema without some of its fields.
    pub(super) fn object(
        &mut self,
        message: &MessageDescriptor,
        without: &[FieldDescriptor],
    ) -> Value {
        let mut properties = Map::new();
        for field in message.fields().filter(|field| !without.contains(field)) {
            properties.insert(field.json_name().to_owned(), self.field(&field));
        }
        let mut schema = json!({"type": "object", "properties": properties});
        describe(&mut schema, comments::of_message(message));
        if !self.told.contains(message.full_name()) {
            // Unknown fields of a request are refused; an answer may grow.
            schema["additionalProperties"] = false.into();
        }
        schema
    }

    /// The schema of one field.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        let mut schema = if field.is_map() {
            let value = match field.kind() {
                Kind::Message(entry) => self.kind(&entry.map_entry_value_field()),
                _ => json!({}),
            };
            json!({"type": "object", "additionalProperties": value})
        } else if field.is_list() {
            json!({"type": "array", "items": self.kind(field)})
        } else {
            self.kind(field)
        };
        describe(&mut schema, comments::of_field(field));
        if is_secret(field) {
            schema["format"] = "password".into();
            schema["x-usher-secret"] = true.into();
            if !self.told.contains(field.parent_message().full_name()) {
                schema["writeOnly"] = true.into();
            }
        }
        schema
    }

    fn kind(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Float | Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({"type": "integer", "format": "int32"})
            }
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "minimum": 0}),
            // Text, since readers of JSON keep only 53 bits of a number.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"})
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({"type": "string", "format": "uint64", "pattern": "^[0-9]+$"})
            }
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Enum(words) => {
                let words: Vec<_> = words.values().map(|word| word.name().to_owned()).collect();
                json!({"type": "string", "enum": words})
            }
            Kind::Message(message) => match message.full_name() {
                "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
                "google.protobuf.Struct" => json!({"type": "object"}),
                _ => self.refer(&message),
            },
        }
    }

    fn mark(&mut self, message: &MessageDescriptor) {
        if self.told.insert(message.full_name().to_owned()) {
            for field in message.fields() {
                if let Kind::Message(inner) = field.kind() {
                    self.mark(&inner);
                }
            }
        }
    }
}

/// `usher.user.v1.Invite` is `user.Invite`.
pub(super) fn name(message: &MessageDescriptor) -> String {
    let service = message.package_name().split('.').nth(1).unwrap_or_default();
    format!("{service}.{}", message.name())
}

/// Adds a description where there is one.
pub(super) fn describe(schema: &mut Value, text: String) {
    if !text.is_empty() {
        schema["description"] = text.into();
    }
}

fn is_secret(field: &FieldDescriptor) -> bool {
    let option = POOL.get_extension_by_name("usher.rule.v1.secret");
    option.is_some_and(|option| field.options().has_extension(&option))
}
