//! The routes that the `google.api.http` options of the contract describe.

use std::sync::LazyLock;

use http::{Method, uri::PathAndQuery};
use prost_reflect::{DynamicMessage, FieldDescriptor, MethodDescriptor, Value};
use wire::{json::POOL, rule::v1::Rule, rules};

use crate::limits::Class;

/// All routes, in the order of the contract.
pub(crate) static ROUTES: LazyLock<Vec<Route>> =
    LazyLock::new(|| read().expect("tests hold every http option of the contract against this"));

/// One binding of a method.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) verb: Method,
    /// The path with its variables, for instance `/v1/invites/{invite_id}`.
    pub(crate) template: String,
    /// The fields that the path holds, in its order.
    pub(crate) vars: Vec<FieldDescriptor>,
    pub(crate) body: Body,
    pub(crate) rpc: MethodDescriptor,
    /// The gRPC path.
    pub(crate) path: PathAndQuery,
    /// The service's name in the mesh.
    pub(crate) service: String,
    pub(crate) rule: &'static Rule,
    pub(crate) class: Class,
}

/// Where the fields come from that the path does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// From the query.
    None,
    /// All of them from the JSON body.
    Whole,
}

/// An option of the contract that the gateway cannot serve.
#[derive(Debug, thiserror::Error)]
#[error("{method}: {problem}")]
pub(crate) struct BadRoute {
    method: String,
    problem: String,
}

impl Route {
    /// The path with its variables unnamed: two routes of one shape are one place with several methods.
    pub(crate) fn shape(&self) -> String {
        let steps = self.template.split('/');
        let steps = steps.map(|step| if step.starts_with('{') { "{}" } else { step });
        steps.collect::<Vec<_>>().join("/")
    }

    /// Whether the method answers many times.
    pub(crate) fn is_stream(&self) -> bool {
        self.rpc.is_server_streaming()
    }
}

fn read() -> Result<Vec<Route>, BadRoute> {
    let mut routes = Vec::new();
    for rpc in rules::methods() {
        let Some(http) = option(&rpc) else { continue };
        let bad = |problem: String| BadRoute { method: rpc.full_name().to_owned(), problem };
        routes.push(bind(&rpc, &http).map_err(bad)?);
        let more = http.get_field_by_name("additional_bindings");
        for binding in more.iter().filter_map(|more| more.as_list()).flatten() {
            if let Some(binding) = binding.as_message() {
                routes.push(bind(&rpc, binding).map_err(bad)?);
            }
        }
    }
    Ok(routes)
}

fn option(rpc: &MethodDescriptor) -> Option<DynamicMessage> {
    let http = POOL.get_extension_by_name("google.api.http")?;
    let options = rpc.options();
    let known = options.has_extension(&http);
    known.then(|| options.get_extension(&http).as_message().cloned())?
}

fn bind(rpc: &MethodDescriptor, http: &DynamicMessage) -> Result<Route, String> {
    let text = |name: &str| -> Option<String> {
        let value = http.get_field_by_name(name)?;
        value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let verbs = [
        ("get", Method::GET),
        ("put", Method::PUT),
        ("post", Method::POST),
        ("delete", Method::DELETE),
        ("patch", Method::PATCH),
    ];
    let mut bound = verbs.into_iter().filter_map(|(name, verb)| Some((verb, text(name)?)));
    let (verb, template) = bound.next().ok_or("binds no method and path")?;
    let body = match text("body").as_deref() {
        None => Body::None,
        Some("*") => Body::Whole,
        Some(other) => return Err(format!("the body is \"*\" or absent, not {other}")),
    };
    if text("response_body").is_some() || rpc.is_client_streaming() {
        return Err("response_body and client streams have no route here".into());
    }
    let path = rules::path(rpc);
    let rule = rules::of(&path).ok_or("has no rule")?;
    Ok(Route {
        vars: vars(rpc, &template)?,
        verb,
        body,
        path: path.parse().map_err(|_| "has no path")?,
        service: service(rpc)?,
        class: Class::named(&rule.rate).ok_or("names no rate class")?,
        rule,
        template,
        rpc: rpc.clone(),
    })
}

fn vars(rpc: &MethodDescriptor, template: &str) -> Result<Vec<FieldDescriptor>, String> {
    if !template.starts_with('/') || template.contains([':', '*']) {
        return Err(format!("{template} is more than segments and fields"));
    }
    let steps = template.split('/').filter(|step| step.contains(['{', '}']));
    let names = steps.map(|step| {
        let name = step.strip_prefix('{').and_then(|step| step.strip_suffix('}'));
        let field = name.and_then(|name| rpc.input().get_field_by_name(name));
        field.filter(|field| !field.is_list()).ok_or_else(|| format!("{step} is no field"))
    });
    names.collect()
}

/// `usher.user.v1` is the service `user`.
fn service(rpc: &MethodDescriptor) -> Result<String, String> {
    let parent = rpc.parent_service();
    let name = parent.package_name().split('.').nth(1);
    name.map(str::to_owned).ok_or_else(|| "lies in no package of ours".into())
}

/// The text of a field's value, where it has one that is not empty.
pub(super) fn text_of(message: &DynamicMessage, name: &str) -> Option<String> {
    match message.get_field_by_name(name)?.as_ref() {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_http_option_of_the_contract_is_served() {
        let routes = read().expect("routes");
        let bound = rules::methods().filter(|rpc| option(rpc).is_some()).count();
        assert!(routes.len() >= bound && bound > 20, "{bound}");
    }

    #[test]
    fn no_two_routes_are_the_same() {
        let mut seen = HashSet::new();
        for route in ROUTES.iter() {
            assert!(seen.insert((route.verb.clone(), route.shape())), "{}", route.template);
        }
    }

    #[test]
    fn additional_bindings_are_routes_too() {
        let of = |template: &str| ROUTES.iter().find(|route| route.template == template);
        let legacy = of("/onboarding/invites/{token}/accept").expect("bound");
        assert_eq!(legacy.path.as_str(), "/usher.user.v1.Invites/AcceptInvitation");
        assert_eq!((legacy.vars.len(), legacy.body), (1, Body::Whole));
    }

    #[test]
    fn what_the_gateway_asks_for_itself_has_no_route() {
        for route in ROUTES.iter() {
            assert!(
                !route.rule.services.iter().any(|name| name == "gateway"),
                "{}",
                route.template
            );
        }
    }

    #[test]
    fn a_public_change_is_never_without_a_rate_class_of_its_own() {
        for route in ROUTES.iter().filter(|route| route.rule.public) {
            assert!(matches!(route.class, Class::Login | Class::Accept), "{}", route.template);
        }
    }
}
