//! The contract as tests drive it: every method with its rule and its bindings, read from the descriptors.

use prost_reflect::{DynamicMessage, MethodDescriptor};
use reqwest::Method;
use wire::{json::POOL, rule::v1::Rule, rules};

/// One method of the contract.
pub(crate) struct Rpc {
    pub(crate) method: MethodDescriptor,
    pub(crate) rule: &'static Rule,
    pub(crate) bindings: Vec<Binding>,
}

/// One address of a method.
#[derive(Clone)]
pub(crate) struct Binding {
    pub(crate) verb: Method,
    /// For instance `/v1/invites/{invite_id}`.
    pub(crate) template: String,
    /// Whether the fields that the path does not hold come as JSON.
    pub(crate) has_body: bool,
}

impl Rpc {
    /// `Invites.CreateInvite`: short, and unique in the contract.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.method.parent_service().name(), self.method.name())
    }

    /// The gRPC path.
    pub(crate) fn path(&self) -> String {
        rules::path(&self.method)
    }

    /// The names of the fields of its request.
    pub(crate) fn fields(&self) -> Vec<String> {
        self.method.input().fields().map(|field| field.name().to_owned()).collect()
    }

    /// The fields that name something by its id.
    pub(crate) fn id_fields(&self) -> Vec<String> {
        self.fields().into_iter().filter(|name| name.ends_with("_id")).collect()
    }
}

impl Binding {
    /// The path with every variable replaced by what `value` says.
    pub(crate) fn path(&self, value: impl Fn(&str) -> String) -> String {
        let steps = self.template.split('/').map(|step| {
            let name = step.strip_prefix('{').and_then(|step| step.strip_suffix('}'));
            name.map_or_else(|| step.to_owned(), &value)
        });
        steps.collect::<Vec<_>>().join("/")
    }

    /// Whether the path holds this field.
    pub(crate) fn holds(&self, field: &str) -> bool {
        self.template.contains(&format!("{{{field}}}"))
    }
}

/// Every method of the contract.
pub(crate) fn contract() -> Vec<Rpc> {
    let rpc = |method: MethodDescriptor| Rpc {
        rule: rules::of(&rules::path(&method)).expect("every method has a rule"),
        bindings: bindings(&method),
        method,
    };
    rules::methods().map(rpc).collect()
}

fn bindings(method: &MethodDescriptor) -> Vec<Binding> {
    let http = POOL.get_extension_by_name("google.api.http").expect("the option is known");
    let options = method.options();
    if !options.has_extension(&http) {
        return Vec::new();
    }
    let first = options.get_extension(&http).as_message().cloned().expect("a message");
    let more = first.get_field_by_name("additional_bindings").expect("a field");
    let more = more.as_list().expect("a list").to_vec();
    let more = more.iter().filter_map(|binding| binding.as_message()).map(read);
    std::iter::once(read(&first)).chain(more).collect()
}

fn read(http: &DynamicMessage) -> Binding {
    let text = |name: &str| {
        let value = http.get_field_by_name(name)?;
        value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let verbs = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let mut bound =
        verbs.into_iter().filter_map(|verb| Some((text(&verb.as_str().to_lowercase())?, verb)));
    let (template, verb) = bound.next().expect("an option binds an address");
    Binding { verb, template, has_body: text("body").is_some() }
}
