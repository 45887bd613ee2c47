//! Every address of the legacy API, read from the published document, with the rule that must hold there.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::Value;
use testkit::Platform;
use wire::rule::v1::Rule;

use crate::routes::{Binding, contract};

/// Where nothing is done, any signed-in person may learn so.
static SIGNED_IN: LazyLock<Rule> = LazyLock::new(|| Rule { signed_in: true, ..Rule::default() });

/// One address, in one of its forms.
pub(crate) struct Address {
    pub(crate) rule: &'static Rule,
    pub(crate) binding: Binding,
}

/// All of them: bare and below `/api`, by verb and by word.
pub(crate) async fn addresses(platform: &Platform) -> Vec<Address> {
    let document = platform.anonymous().get("/openapi.json").await.json();
    let rpcs = contract();
    let mut addresses = Vec::new();
    for (template, operations) in document["paths"].as_object().expect("paths") {
        for (verb, operation) in operations.as_object().expect("operations") {
            let compat = &operation["x-compat"];
            if compat.is_null() {
                continue;
            }
            let rule = match operation["x-usher-rpc"].as_str() {
                None => &*SIGNED_IN,
                Some(path) => {
                    let rpc = rpcs.iter().find(|rpc| rpc.path() == path);
                    rpc.unwrap_or_else(|| panic!("{template} stands for no method")).rule
                }
            };
            let verb: Method = verb.to_uppercase().parse().expect("a verb");
            let bare = text(&compat["bare"]);
            for template in [template.as_str(), bare] {
                let mut add = |verb: Method, template: String| {
                    let has_body = verb != Method::GET;
                    addresses.push(Address { rule, binding: Binding { verb, template, has_body } });
                };
                add(verb.clone(), template.to_owned());
                if let Some(word) = compat["word"].as_str() {
                    add(Method::POST, format!("{template}/{word}"));
                }
            }
        }
    }
    assert!(addresses.len() > 80, "only {} addresses", addresses.len());
    addresses
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
