//! The rule of every method, read from the descriptors.

use std::{collections::HashMap, sync::LazyLock};

use prost::Message;
use prost_reflect::{MethodDescriptor, ServiceDescriptor};

use crate::{
    json::POOL,
    rule::v1::{Rule, Scope},
};

/// A service has a method without a rule; such a server does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{method} has no usher.rule option; every RPC says who may call it")]
pub struct Unruled {
    method: String,
}

/// Rules by gRPC path, for instance `/usher.user.v1.Invites/CreateInvite`.
static RULES: LazyLock<HashMap<String, Rule>> = LazyLock::new(|| {
    methods().filter_map(|method| Some((path(&method), read(&method)?))).collect()
});

/// Every method of our packages.
pub fn methods() -> impl Iterator<Item = MethodDescriptor> {
    let ours = |service: &ServiceDescriptor| service.package_name().starts_with("usher.");
    POOL.services().filter(ours).flat_map(|service| service.methods().collect::<Vec<_>>())
}

/// The gRPC path of a method.
#[must_use]
pub fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// The rule behind a gRPC path.
#[must_use]
pub fn of(path: &str) -> Option<&'static Rule> {
    RULES.get(path)
}

/// Whether some method within a tenant asks for this permission: none that acts on the platform lets software in.
#[must_use]
pub fn is_asked_for(permission: &str) -> bool {
    let mut rules = RULES.values().filter(|rule| is_of_tenant(rule));
    !permission.is_empty() && rules.any(|rule| rule.permission == permission)
}

/// Whether the call stays within one tenant.
#[must_use]
pub(crate) fn is_of_tenant(rule: &Rule) -> bool {
    rule.scope() != Scope::Platform || rule.of_tenant
}

/// The id of a method as the OpenAPI document has it, for instance `user.SignUps.AskSignUp`.
#[must_use]
pub fn operation(method: &MethodDescriptor) -> String {
    let parent = method.parent_service();
    let service = parent.package_name().split('.').nth(1).unwrap_or_default();
    format!("{service}.{}.{}", parent.name(), method.name())
}

/// The ids of the methods for which the gateway asks for a proof.
pub fn captcha_operations() -> impl Iterator<Item = String> {
    let marked = |method: &MethodDescriptor| of(&path(method)).is_some_and(|rule| rule.captcha);
    methods().filter(marked).map(|method| operation(&method))
}

/// Refuses a package that has a method without a rule, or with one that nobody can satisfy.
///
/// # Errors
/// [`Unruled`] naming the method.
pub fn check(package: &str) -> Result<(), Unruled> {
    methods()
        .filter(|method| method.parent_service().package_name() == package)
        .find(|method| !read(method).is_some_and(|rule| opens(&rule)))
        .map_or(Ok(()), |method| Err(Unruled { method: method.full_name().into() }))
}

/// Whether the rule lets anybody in at all; an empty rule is a forgotten one.
fn opens(rule: &Rule) -> bool {
    rule.public || rule.signed_in || !rule.permission.is_empty() || !rule.services.is_empty()
}

fn read(method: &MethodDescriptor) -> Option<Rule> {
    let option = POOL.get_extension_by_name("usher.rule.v1.rule")?;
    let options = method.options();
    if !options.has_extension(&option) {
        return None;
    }
    let value = options.get_extension(&option);
    Rule::decode(value.as_message()?.encode_to_vec().as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_contract_has_a_rule() {
        for method in methods() {
            assert!(
                read(&method).is_some_and(|rule| opens(&rule)),
                "{} has no rule",
                method.full_name()
            );
        }
        assert!(methods().count() > 20);
    }

    #[test]
    fn no_software_is_held_to_what_acts_on_the_platform() {
        assert!(is_asked_for("user.members.read"));
        for permission in ["tenant.tenants.operate", "user.people.erase", ""] {
            assert!(!is_asked_for(permission), "{permission}");
        }
    }
}
