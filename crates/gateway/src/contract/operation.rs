//! One route as an OpenAPI operation.

use prost_reflect::Kind;
use serde_json::{Value, json};
use wire::rule::v1::{Rule, Scope};

use super::{
    comments::{first_sentence, of_method},
    schema::{Schemas, describe, name},
};
use crate::{
    signed::is_taken,
    transcode::{Body, LINES, Route},
};

/// The operation. `binding` counts the routes of one method from 0.
pub(super) fn operation(route: &Route, binding: usize, schemas: &mut Schemas) -> Value {
    let comment = of_method(&route.rpc);
    let mut operation = json!({
        "operationId": operation_id(route, binding),
        "tags": [tag(route)],
        "summary": first_sentence(&comment),
        "description": format!("{comment}\n\n{}", in_words(route.rule)).trim(),
        "parameters": parameters(route, schemas),
        "responses": responses(route, schemas),
        "security": security(route),
        "x-usher-rule": as_json(route.rule),
        "x-usher-rpc": route.path.as_str(),
    });
    if route.body == Body::Whole {
        let input = route.rpc.input();
        let schema = match route.vars.as_slice() {
            [] => schemas.refer(&input),
            vars => schemas.object(&input, vars),
        };
        operation["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": schema}},
        });
    }
    operation
}

/// The group an operation stands in, for instance `user.Invites`.
pub(super) fn tag(route: &Route) -> String {
    format!("{}.{}", route.service, route.rpc.parent_service().name())
}

fn operation_id(route: &Route, binding: usize) -> String {
    let id = format!("{}.{}", tag(route), route.rpc.name());
    match binding {
        0 => id,
        more => format!("{id}.{}", more + 1),
    }
}

fn parameters(route: &Route, schemas: &mut Schemas) -> Value {
    let mut parameters: Vec<Value> = Vec::new();
    for var in &route.vars {
        let schema = schemas.field(var);
        parameters
            .push(json!({"name": var.name(), "in": "path", "required": true, "schema": schema}));
    }
    if route.body == Body::None {
        let input = route.rpc.input();
        for field in input.fields().filter(|field| !route.vars.contains(field)) {
            let is_instant = |kind: Kind| {
                kind.as_message().is_some_and(|m| m.full_name() == "google.protobuf.Timestamp")
            };
            if field.kind().as_message().is_some() && !is_instant(field.kind()) {
                continue;
            }
            let schema = schemas.field(&field);
            parameters.push(json!({"name": field.json_name(), "in": "query", "schema": schema}));
        }
    }
    if !route.rule.public {
        parameters.push(json!({"$ref": "#/components/parameters/TenantId"}));
    }
    if route.rule.idempotent {
        parameters.push(json!({"$ref": "#/components/parameters/IdempotencyKey"}));
    }
    if route.rule.captcha {
        parameters.push(json!({"$ref": "#/components/parameters/CaptchaResponse"}));
    }
    Value::Array(parameters)
}

fn responses(route: &Route, schemas: &mut Schemas) -> Value {
    let output = route.rpc.output();
    let schema = schemas.refer(&output);
    let done = if route.is_stream() {
        let text = json!({"type": "string", "x-usher-event": schema});
        let name = name(&output);
        let told = format!("Server-sent events, or lines of JSON; the data of each is a {name}.");
        let content = json!({"text/event-stream": {"schema": text}, LINES: {"schema": text}});
        json!({"description": told, "content": content})
    } else {
        let mut answer = json!({"content": {"application/json": {"schema": schema}}});
        describe(&mut answer, "Done.".into());
        answer
    };
    let mut responses = json!({"200": done});
    let mut refusals = vec!["400", "429", "503"];
    if !route.rule.public {
        refusals.extend(["401", "403"]);
    } else if route.rule.captcha {
        refusals.push("403");
    }
    if !route.vars.is_empty() {
        refusals.push("404");
    }
    for status in refusals {
        responses[status] = json!({"$ref": format!("#/components/responses/{status}")});
    }
    responses["default"] = json!({"$ref": "#/components/responses/default"});
    responses
}

fn security(route: &Route) -> Value {
    let rule = route.rule;
    if rule.public && rule.signed_in {
        return json!([{}, {"bearer": []}, {"session": []}]);
    }
    if rule.public {
        return json!([]);
    }
    let mut ways = vec![json!({"bearer": []}), json!({"session": []})];
    if is_taken(&route.template) {
        ways.push(json!({"signature": []}));
    }
    Value::Array(ways)
}

/// The rule as a sentence or two.
fn in_words(rule: &Rule) -> String {
    let who = if rule.public && rule.signed_in {
        "Anyone may call this; whoever is signed in does so as themselves.".to_owned()
    } else if rule.public {
        "Anyone may call this.".to_owned()
    } else if !rule.permission.is_empty() {
        format!("Takes the permission `{}`.", rule.permission)
    } else if rule.signed_in {
        "Any signed-in person may call this.".to_owned()
    } else {
        "Only services of the platform may call this.".to_owned()
    };
    let place = match rule.scope() {
        Scope::Unspecified => " Acts on one tenant: name it by host, by path or by `X-Tenant-ID`.",
        Scope::Platform => "",
    };
    let repeat = if rule.idempotent { " May be repeated with its `Idempotency-Key`." } else { "" };
    let proof = match rule.captcha {
        true => {
            " Takes a proof in `Captcha-Response` where `GET /v1/captcha` names a kind of it: without one it is refused \
             as `captcha_required`, with one that does not count as `captcha_refused`, and as `captcha_unavailable` \
             while proofs cannot be checked."
        }
        false => "",
    };
    format!("{who}{place}{repeat}{proof}")
}

fn as_json(rule: &Rule) -> Value {
    let rate = if rule.rate.is_empty() { "read" } else { &rule.rate };
    let scope = match rule.scope() {
        Scope::Unspecified => "tenant",
        Scope::Platform => "platform",
    };
    json!({
        "public": rule.public,
        "signedIn": rule.signed_in,
        "permission": rule.permission,
        "services": rule.services,
        "scope": scope,
        "rate": rate,
        "audit": rule.audit,
        "idempotent": rule.idempotent,
        "captcha": rule.captcha,
    })
}
