//! The legacy API in the OpenAPI document, marked `x-compat`.

use serde_json::{Map, Value, json};

use super::rows::{ROWS, Row};

/// Adds every call to the document's paths.
pub(crate) fn describe(paths: &mut Map<String, Value>) {
    for row in &ROWS {
        let place = paths.entry(format!("/api{}", row.path)).or_insert_with(|| json!({}));
        place[row.verb.as_str().to_lowercase()] = operation(row);
    }
}

fn operation(row: &Row) -> Value {
    let vars = row.path.split('/').filter_map(|step| step.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    let envelope = json!({
        "type": "object",
        "properties": {
            "success": {"type": "boolean"},
            "result": {},
            "meta": {"type": "object"},
            "message": {"type": "string"},
            "error_code": {"type": "string"},
            "errors": {"type": "object"},
            "request_id": {"type": "string"},
        },
    });
    let body = json!({"content": {"application/json": {"schema": envelope}}});
    let answer = |told: &str| {
        let mut answer = body.clone();
        answer["description"] = told.into();
        answer
    };
    let mut operation = json!({
        "operationId": format!("compat.{}", row.name),
        "tags": ["compat"],
        "summary": format!("The legacy library's `{}`.", row.name),
        "description": "For clients of the legacy library; our inference of what it expects, not its \
                        specification. Served bare as well.",
        "parameters": vars.map(parameter).collect::<Vec<_>>(),
        "responses": {
            "200": answer("Done."),
            "429": answer("A limit is reached; `Retry-After` says when to try again."),
            "default": answer("A refusal or failure; `message` says why."),
        },
        "security": [{"bearer": []}, {"apiKey": []}],
        "x-compat": {"name": row.name, "bare": row.path, "word": row.word},
    });
    if let Some(rpc) = row.deed.rpc() {
        operation["x-usher-rpc"] = rpc.into();
    }
    operation
}
