//! From path, query and JSON body to the request's message; whatever does not fit is refused by the field's name.

use axum::extract::Query;
use bytes::Bytes;
use http::{HeaderMap, Uri, header};
use kernel::{Code, FieldViolation};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use super::{Route, route::Body, strict};
use crate::problem::Problem;

/// Fields at fault that a refusal names.
const MOST_FAULTS: usize = 50;
/// What the database keeps in no text.
const NUL: &str = "holds a NUL character";

/// Where a request's fields stand.
pub(super) struct Sources<'a> {
    /// The values of the path's variables, in its order.
    pub(super) vars: Vec<String>,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// Reads the message of a request.
pub(super) fn read(route: &Route, sources: &Sources) -> Result<DynamicMessage, Problem> {
    let input = route.rpc.input();
    let csv = csv_field(&input, sources.headers).filter(|_| route.body == Body::Whole);
    let mut fields = match route.body {
        Body::Whole if csv.is_some() => Map::new(),
        Body::Whole => of_body(sources)?,
        Body::None => nothing(sources)?,
    };
    let mut faults = unknown(&input, &fields, "");
    of_query(route, sources, &mut fields, &mut faults)?;
    for (var, value) in route.vars.iter().zip(&sources.vars) {
        if take(&mut fields, var).is_some() {
            faults.push(fault(var.json_name(), "is given by the path; leave it out here"));
        }
        if value.contains('\0') {
            faults.push(fault(var.json_name(), NUL));
        }
        fields.insert(var.json_name().to_owned(), scalar(var, value));
    }
    if !faults.is_empty() {
        // The refusal of a large request is not a large answer.
        faults.truncate(MOST_FAULTS);
        return Err(Problem::of_fields(faults));
    }
    let whole = Value::Object(fields);
    let mut message = DynamicMessage::deserialize(input.clone(), &whole)
        .map_err(|problem| Problem::of_fields(misfits(&input, &whole, &problem.to_string())))?;
    if let Some(csv) = csv {
        let bytes = Bytes::copy_from_slice(sources.body);
        message.set_field(&csv, prost_reflect::Value::Bytes(bytes));
    }
    Ok(message)
}

/// The field `csv` of a request that has one, where the whole body is sent as `text/csv`.
fn csv_field(input: &MessageDescriptor, headers: &HeaderMap) -> Option<FieldDescriptor> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let is_csv = essence.eq_ignore_ascii_case("text/csv");
    let field = input.get_field_by_name("csv").filter(|field| field.kind() == Kind::Bytes);
    field.filter(|_| is_csv && !headers.contains_key(header::CONTENT_ENCODING))
}

/// A service's field path (`a_b.c_d`) as the caller wrote it (`aB.cD`).
pub(super) fn json_path(input: &MessageDescriptor, field: &str) -> String {
    let mut message = Some(input.clone());
    let steps = field.split('.').map(|step| {
        let known = message.take().and_then(|message| message.get_field_by_name(step));
        message = known.as_ref().and_then(|field| field.kind().as_message().cloned());
        known.map_or_else(|| step.to_owned(), |field| field.json_name().to_owned())
    });
    steps.collect::<Vec<_>>().join(".")
}

fn of_body(sources: &Sources) -> Result<Map<String, Value>, Problem> {
    if sources.body.is_empty() {
        return Ok(Map::new());
    }
    let encoding = sources.headers.get(header::CONTENT_ENCODING);
    if !is_json(sources.headers) || encoding.is_some_and(|coding| coding != "identity") {
        return Err(Problem::of_status(
            http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the body as application/json in UTF-8, without compression.",
        ));
    }
    strict::object(sources.body)
}

/// A route without a body takes none, or the empty object that some callers always send.
fn nothing(sources: &Sources) -> Result<Map<String, Value>, Problem> {
    if matches!(sources.body.trim_ascii(), b"" | b"{}") {
        return Ok(Map::new());
    }
    let detail = "This address takes no body.";
    Err(Problem::new(Code::Invalid, "unexpected_body", detail))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let Some(kind) = kind.and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let is_json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    let in_utf8 = |part: String| match part.strip_prefix("charset=") {
        Some(charset) => charset.trim_matches('"') == "utf-8",
        None => true,
    };
    is_json && parts.all(in_utf8)
}

fn of_query(
    route: &Route,
    sources: &Sources,
    fields: &mut Map<String, Value>,
    faults: &mut Vec<FieldViolation>,
) -> Result<(), Problem> {
    let bad = || Problem::new(Code::Invalid, "bad_query", "The query cannot be read.");
    if !is_text(sources.query) {
        return Err(bad());
    }
    let uri: Uri = format!("/?{}", sources.query).parse().map_err(|_| bad())?;
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri).map_err(|_| bad())?;
    let input = route.rpc.input();
    for (name, text) in pairs {
        let by_name = || input.get_field_by_name(&name);
        let field = input.get_field_by_json_name(&name).or_else(by_name);
        let Some(field) = field.filter(|_| route.body == Body::None).filter(is_flat) else {
            faults.push(fault(&name, "is not a parameter of this address"));
            continue;
        };
        if text.contains('\0') {
            faults.push(fault(&name, NUL));
        }
        let value = scalar(&field, &text);
        let entry = fields.entry(field.json_name());
        match (field.is_list(), entry) {
            (false, serde_json::map::Entry::Occupied(_)) => {
                faults.push(fault(&name, "stands twice"));
            }
            (false, entry) => {
                entry.or_insert(value);
            }
            (true, entry) => {
                if let Value::Array(values) = entry.or_insert_with(|| Value::Array(Vec::new())) {
                    values.push(value);
                }
            }
        }
    }
    Ok(())
}

/// Whether it is UTF-8 once it is decoded: what is not would be read with other characters in its place.
fn is_text(query: &str) -> bool {
    let mut decoded = Vec::with_capacity(query.len());
    let mut rest = query.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = (*first == b'%').then(|| after.get(..2)).flatten();
        let pair = pair.and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                rest = &after[2..];
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

/// What a query can hold: not a map, and not a message but for those with a text form.
fn is_flat(field: &FieldDescriptor) -> bool {
    match field.kind() {
        Kind::Message(message) => message.full_name() == "google.protobuf.Timestamp",
        _ => !field.is_map(),
    }
}

/// A text of path or query as the JSON form of its field: proto3 JSON reads numbers from text.
fn scalar(field: &FieldDescriptor, text: &str) -> Value {
    match (field.kind(), text) {
        (Kind::Bool, "true") => Value::Bool(true),
        (Kind::Bool, "false") => Value::Bool(false),
        _ => Value::String(text.to_owned()),
    }
}

/// The fields that the message does not know, at any depth, and those named in both spellings.
fn unknown(
    message: &MessageDescriptor,
    fields: &Map<String, Value>,
    path: &str,
) -> Vec<FieldViolation> {
    let mut faults = Vec::new();
    for (name, value) in fields {
        let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let by_json = message.get_field_by_json_name(name);
        let Some(field) = by_json.or_else(|| message.get_field_by_name(name)) else {
            faults.push(fault(&here, "is not a field of this request"));
            continue;
        };
        if name != field.json_name() && fields.contains_key(field.json_name()) {
            faults.push(fault(&here, "stands twice"));
        }
        let Kind::Message(inner) = field.kind() else {
            continue;
        };
        if field.is_map() || inner.full_name().starts_with("google.protobuf.") {
            continue;
        }
        match value {
            Value::Object(fields) => faults.extend(unknown(&inner, fields, &here)),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    if let Value::Object(fields) = item {
                        faults.extend(unknown(&inner, fields, &format!("{here}.{at}")));
                    }
                }
            }
            _ => {}
        }
    }
    faults
}

/// Which fields are not of their type; found one by one, only after the whole was refused.
fn misfits(input: &MessageDescriptor, whole: &Value, problem: &str) -> Vec<FieldViolation> {
    let mut faults = Vec::new();
    for (name, value) in whole.as_object().into_iter().flatten() {
        let alone = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
        if let Err(problem) = DynamicMessage::deserialize(input.clone(), &alone) {
            // The text of a value may be a secret, so it is not repeated.
            let expected = problem.to_string();
            let expected = expected.rsplit_once("expected ").map(|(_, what)| what.to_owned());
            let told = expected.map_or_else(
                || "does not hold a value of its type".to_owned(),
                |what| format!("must be {what}"),
            );
            faults.push(fault(name, &told));
        }
    }
    if faults.is_empty() {
        faults.push(fault("", problem));
    }
    faults
}

fn take(fields: &mut Map<String, Value>, field: &FieldDescriptor) -> Option<Value> {
    let by_json = fields.remove(field.json_name());
    by_json.or_else(|| fields.remove(field.name()))
}

fn fault(field: &str, problem: &str) -> FieldViolation {
    FieldViolation::new(field, problem)
}
