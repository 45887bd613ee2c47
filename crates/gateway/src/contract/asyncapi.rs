//! The AsyncAPI 3.0 document of the facts told on the bus.

use std::collections::BTreeMap;

use prost_reflect::MessageDescriptor;
use serde_json::{Value, json};
use wire::json::POOL;

use super::{
    comments::of_message,
    schema::{Schemas, describe},
};

/// The document.
pub(crate) fn document() -> Value {
    let facts = facts();
    let mut schemas = Schemas::new(facts.values().cloned());
    let (mut channels, mut operations, mut messages) = (json!({}), json!({}), json!({}));
    for (kind, message) in &facts {
        let name = message.name();
        let mut channel = json!({
            "address": format!("usher.{{tenantId}}.{kind}"),
            "messages": {name: {"$ref": format!("#/components/messages/{name}")}},
            "parameters": {"tenantId": {"$ref": "#/components/parameters/tenantId"}},
        });
        describe(&mut channel, of_message(message));
        channels[kind] = channel;
        operations[format!("tell.{kind}")] = json!({
            "action": "send",
            "channel": {"$ref": format!("#/channels/{kind}")},
            "messages": [{"$ref": format!("#/channels/{kind}/messages/{name}")}],
        });
        messages[name] = json!({
            "name": kind,
            "title": name,
            "summary": of_message(message),
            "contentType": "application/cloudevents+json",
            "payload": {
                "allOf": [
                    {"$ref": "#/components/schemas/CloudEvent"},
                    {
                        "type": "object",
                        "properties": {"type": {"const": kind}, "data": schemas.refer(message)},
                    },
                ],
            },
        });
    }
    let mut schemas = schemas.into_components();
    schemas.insert("CloudEvent".into(), envelope());
    let about = "A tenant's id; the nil UUID for facts of the platform itself.";
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Usher facts",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Facts on NATS JetStream, stream USHER, as CloudEvents 1.0. Nats-Msg-Id is the \
                            fact's id; order holds within an aggregate; a fact may come more than once.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": schemas,
            "parameters": {"tenantId": {"description": about}},
        },
    })
}

/// Every message with the `fact` option, by its kind.
fn facts() -> BTreeMap<String, MessageDescriptor> {
    let Some(option) = POOL.get_extension_by_name("usher.rule.v1.fact") else {
        return BTreeMap::new();
    };
    let kind = |message: MessageDescriptor| {
        let options = message.options();
        let known = options.has_extension(&option);
        let kind = options.get_extension(&option).as_str().map(str::to_owned);
        Some((kind.filter(|_| known)?, message))
    };
    POOL.all_messages().filter_map(kind).collect()
}

fn envelope() -> Value {
    let text = |told: &str| json!({"type": "string", "description": told});
    json!({
        "type": "object",
        "description": "A CloudEvents 1.0 event with our extensions.",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid", "description": "The fact's id."},
            "source": text("`/usher/<service>`."),
            "type": text("The fact's kind."),
            "subject": text("What the fact is about."),
            "time": {"type": "string", "format": "date-time", "description": "When it was told."},
            "datacontenttype": {"const": "application/json"},
            "tenantid": {"type": "string", "format": "uuid", "description": "The tenant."},
            "sequence": text("The fact's place among those of its subject, as decimal text."),
            "traceparent": text("W3C trace context of the change."),
            "requestid": text("The request that made the change."),
            "data": {"type": "object", "description": "The payload as proto3 JSON."},
        },
        "required": [
            "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "tenantid",
            "sequence", "requestid", "data",
        ],
    })
}
