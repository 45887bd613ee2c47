//! The OpenAPI 3.1 document of the API.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::{
    comments::of_service,
    operation::{operation, tag},
    schema::Schemas,
};
use crate::{
    compat,
    problem::TYPE,
    transcode::{ROUTES, Route},
};

/// The refusals that operations name.
const REFUSALS: [(&str, &str); 7] = [
    ("400", "A field or a header is missing or malformed; `errors` names it."),
    ("401", "No credential, or one that does not hold."),
    ("403", "The caller may not do this, or names tenants that disagree."),
    ("404", "There is no such thing, or it is somebody else's: the same answer."),
    ("429", "A limit is reached; `Retry-After` says when to try again."),
    ("503", "A service is away; `Retry-After` says when to try again."),
    ("default", "Any other refusal or failure."),
];

/// How programs of the platform sign calls.
const SIGNATURE: &str = "HMAC-SHA256 in lower-case hex, with a key that the platform's operator gave the program, over these lines \
    joined by a line feed, each empty where the call has nothing: `usher-signature-1`, `X-Usher-Caller`, method, path, query, the \
    SHA-256 of the body in hex, `X-Tenant-Id`, `X-Tenant-Slug`, `X-User-Id`, `X-Master-Flags`, `If-Match`, `Idempotency-Key`, `X-Request-Id`, \
    `X-Usher-Timestamp` (seconds since 1970, within five minutes), `X-Usher-Nonce` (16 to 64 letters, digits, `-` and `_`, never \
    used before). The call acts as that person in that tenant, as an API key of theirs would. `X-Master-Flags` is a JSON object: \
    `suspended` denies all, `system_admin` gives nothing. Refusals: `signature_malformed`, `signature_caller_unknown`, \
    `signature_expired`, `signature_wrong`, `signature_replayed`, `signature_form_old`, `signature_unchecked`.";

/// The document.
pub(crate) fn document() -> Value {
    let mut schemas = Schemas::new(ROUTES.iter().map(|route| route.rpc.output()));
    let mut paths: Map<String, Value> = Map::new();
    let mut bindings: HashMap<&str, usize> = HashMap::new();
    for route in ROUTES.iter() {
        let binding = bindings.entry(route.path.as_str()).or_default();
        let operation = operation(route, *binding, &mut schemas);
        *binding += 1;
        let place = paths.entry(route.template.clone()).or_insert_with(|| json!({}));
        place[route.verb.as_str().to_lowercase()] = operation;
    }
    compat::describe(&mut paths);
    let mut schemas = schemas.into_components();
    schemas.insert("Problem".into(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Usher",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The REST API of Usher. JSON is proto3 JSON: lowerCamelCase names, RFC 3339 \
                            instants, 64-bit numbers as text. Failures are RFC 9457 problems. Limits are told \
                            by `RateLimit` and `RateLimit-Policy`.",
        },
        "servers": [
            {"url": "/", "description": "The tenant is named by the host, or by X-Tenant-ID."},
            {
                "url": "/t/{tenant}",
                "description": "The tenant is named by the path.",
                "variables": {"tenant": {"default": "acme", "description": "The tenant's slug."}},
            },
        ],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses(),
            "parameters": parameters(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A session token."},
                "apiKey": {
                    "type": "apiKey", "in": "header", "name": "X-Api-Key",
                    "description": "The same token, for the legacy calls alone.",
                },
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-usher"},
                "signature": {
                    "type": "apiKey", "in": "header", "name": "X-Usher-Signature", "description": SIGNATURE,
                },
            },
        },
    })
}

fn tags() -> Value {
    let about = |route: &Route| (tag(route), of_service(route.rpc.parent_service()));
    let tags: BTreeMap<String, String> = ROUTES.iter().map(about).collect();
    let entry = |(name, text)| json!({"name": name, "description": text});
    tags.into_iter().map(entry).collect()
}

fn responses() -> Value {
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    let response = |(status, told): (&str, &str)| {
        let mut response = json!({
            "description": told,
            "content": {"application/problem+json": {"schema": schema}},
        });
        if matches!(status, "429" | "503") {
            let seconds = json!({"type": "integer", "minimum": 1});
            let header = json!({"description": "Seconds to wait.", "schema": seconds});
            response["headers"] = json!({"Retry-After": header});
        }
        (status.to_owned(), response)
    };
    Value::Object(REFUSALS.into_iter().map(response).collect())
}

fn parameters() -> Value {
    json!({
        "TenantId": {
            "name": "X-Tenant-ID",
            "in": "header",
            "description": "The tenant's slug or id. Where host or path name a tenant too, all must agree.",
            "schema": {"type": "string"},
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Makes the call repeatable: a repeated key gets the first answer again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        },
        "CaptchaResponse": {
            "name": "Captcha-Response",
            "in": "header",
            "description": "The proof that `GET /v1/captcha` asks for: work that was done, or the answer of the provider's widget. Each counts once.",
            "schema": {"type": "string", "maxLength": 4096},
        },
    })
}

fn problem() -> Value {
    let text = |told: &str| json!({"type": "string", "description": told});
    let fault = json!({
        "type": "object",
        "properties": {
            "field": text("The field's name, with dots between levels."),
            "pointer": text("Its JSON pointer in the body."),
            "problem": text("What is wrong with it."),
        },
        "required": ["field", "pointer", "problem"],
    });
    json!({
        "type": "object",
        "description": "A failure (RFC 9457).",
        "properties": {
            "type": text(&format!("`{TYPE}` and the code.")),
            "title": text("The HTTP status in words."),
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": text("A sentence for people."),
            "code": text("A stable word for programs, for instance `tenant_mismatch`."),
            "instance": text("This occurrence, by the request's id."),
            "requestId": text("The request's id, as in the `X-Request-Id` header."),
            "errors": {"type": "array", "items": fault, "description": "The fields at fault."},
            "violatedPolicies": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The limits that are reached.",
            },
        },
        "required": ["type", "title", "status", "detail", "code"],
    })
}
