//! JSON as `google.protobuf.Struct`.

use prost_types::{ListValue, Struct, Value, value::Kind};
use serde_json::Value as Json;

/// A JSON object as a struct; `None` for anything else.
pub(super) fn structure(json: &Json) -> Option<Struct> {
    let fields = json.as_object()?.iter();
    let fields = fields.map(|(name, field)| (name.clone(), value(field))).collect();
    Some(Struct { fields })
}

fn value(json: &Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(truth) => Kind::BoolValue(*truth),
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::StringValue(text.clone()),
        Json::Array(items) => {
            let values = items.iter().map(value).collect();
            Kind::ListValue(ListValue { values })
        }
        Json::Object(_) => Kind::StructValue(structure(json).unwrap_or_default()),
    };
    Value { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_of_json_has_its_place() {
        let told =
            structure(&json!({"a": [1.5, "x", null, true], "b": {"c": {}}})).expect("an object");
        let Some(Kind::ListValue(list)) = &told.fields["a"].kind else { panic!("a list") };
        assert_eq!(list.values.len(), 4);
        assert_eq!(list.values[0].kind, Some(Kind::NumberValue(1.5)));
        assert!(matches!(told.fields["b"].kind, Some(Kind::StructValue(_))));
        assert_eq!(structure(&json!([])), None);
    }
}
