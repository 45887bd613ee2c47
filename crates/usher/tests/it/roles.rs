//! Who may do what: every address of the API, asked in every role, against the rule and the table of roles.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Tenant};
use wire::rule::v1::{Rule, Scope};

use crate::{
    compat::addresses::{Address, addresses},
    routes::{Binding, contract},
};

/// What a role must meet at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The rule lets it in; whatever comes then is about the request.
    In,
    /// Nobody knows who asks.
    SignIn,
    /// Not of this tenant.
    Stranger,
    /// Of this tenant, without the right.
    Denied,
}

/// Whoever asks, always in the same tenant.
struct Role {
    name: &'static str,
    actor: Actor,
    standing: Standing,
}

enum Standing {
    Nobody,
    /// Holds these rights in the tenant.
    Holds(BTreeSet<String>),
    /// Holds rights elsewhere.
    Elsewhere,
}

impl Role {
    fn meets(&self, rule: &Rule) -> Verdict {
        match &self.standing {
            _ if rule.public => Verdict::In,
            Standing::Nobody => Verdict::SignIn,
            Standing::Elsewhere => Verdict::Stranger,
            Standing::Holds(rights) if rule.signed_in || rights.contains(&rule.permission) => {
                Verdict::In
            }
            Standing::Holds(_) => Verdict::Denied,
        }
    }
}

#[tokio::test]
async fn every_address_lets_in_exactly_those_whom_rule_and_role_allow() {
    let platform = Platform::start().await;
    let roles = roles(&platform).await;
    let (mut complaints, mut asked) = (Vec::new(), 0);
    for Address { rule, binding } in addresses(&platform).await {
        for role in &roles {
            let expected = role.meets(rule);
            let seen = ask(&role.actor, &binding).await;
            asked += 1;
            if seen != Ok(expected) {
                let what = format!("{} {} as {}", binding.verb, binding.template, role.name);
                complaints.push(format!("{what}: {seen:?}, not {expected:?}"));
            }
        }
    }
    // What ends a session comes last, for it ends the role's only one.
    let mut contract = contract();
    contract.sort_by_key(|rpc| rpc.name() == "Sessions.EndSession");
    for rpc in &contract {
        for binding in &rpc.bindings {
            for role in &roles {
                let expected = role.meets(rpc.rule);
                let seen = ask(&role.actor, binding).await;
                asked += 1;
                if seen != Ok(expected) {
                    let what = format!("{} {} as {}", binding.verb, binding.template, role.name);
                    complaints.push(format!("{what}: {seen:?}, not {expected:?}"));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(asked > 200, "only {asked} questions");
    println!("{asked} questions");
    platform.stop().await;
}

#[tokio::test]
async fn what_is_about_a_tenant_is_refused_without_one() {
    let platform = Platform::start().await;
    let staff = platform.staff("super_admin").await;
    let about_tenants = contract().into_iter().filter(|rpc| rpc.rule.scope() == Scope::Unspecified);
    for rpc in about_tenants {
        for binding in &rpc.bindings {
            let refused = staff.send(request(&staff, binding)).await.problem();
            assert_eq!(
                (refused.status, refused.code.as_str()),
                (400, "tenant_required"),
                "{}",
                binding.template
            );
        }
    }
    platform.stop().await;
}

#[test]
fn every_right_that_a_rule_asks_for_has_the_shape_of_its_service() {
    for rpc in contract().iter().filter(|rpc| !rpc.rule.permission.is_empty()) {
        let service =
            rpc.method.parent_service().package_name().split('.').nth(1).map(str::to_owned);
        assert_eq!(rpc.rule.permission.split('.').next(), service.as_deref(), "{}", rpc.name());
    }
}

async fn roles(platform: &Platform) -> Vec<Role> {
    let tenant = platform.tenant("Acme").await;
    let table = table(&platform.operator().await.get("/v1/roles").await.json());
    let holds = |scope: &str, name: &str| {
        let rights = table.get(&(scope.to_owned(), name.to_owned()));
        Standing::Holds(rights.unwrap_or_else(|| panic!("no role {scope} {name}")).clone())
    };
    let mut roles = vec![
        Role { name: "anonymous", actor: platform.anonymous(), standing: Standing::Nobody },
        Role {
            name: "owner of another tenant",
            actor: platform.tenant("Other").await.member("owner").await.within(tenant.id),
            standing: Standing::Elsewhere,
        },
    ];
    for name in [
        "client",
        "user",
        "operator",
        "admin",
        "owner",
        "instructor",
        "student",
        "events.participant",
        "events.organizer",
    ] {
        let actor = tenant.member(name).await;
        roles.push(Role { name, actor, standing: holds("tenant", name) });
    }
    roles.push(of_its_own(&tenant, &table).await);
    for (name, role) in [
        ("platform operator", "operator"),
        ("admin_lite", "admin_lite"),
        ("super_admin", "super_admin"),
    ] {
        let actor = platform.staff(role).await.within(tenant.id);
        roles.push(Role { name, actor, standing: holds("platform", role) });
    }
    roles
}

/// Somebody who holds a role of the tenant's own beside the one that lets in.
async fn of_its_own(tenant: &Tenant, table: &Table) -> Role {
    let admin = tenant.admin().await;
    let given = ["provisioning.jobs.read", "user.roles.read"];
    let put = admin.request(Method::PUT, "/v1/custom-roles/auditor");
    admin.send(put.json(&json!({"title": "Auditor", "permissions": given}))).await.json();
    let actor = tenant.member("student").await;
    let wish = json!({"userId": actor.user_id(), "role": "auditor"});
    admin.post("/v1/role-bindings", wish).await.json();
    let mut rights = table[&("tenant".to_owned(), "student".to_owned())].clone();
    rights.extend(given.map(str::to_owned));
    Role { name: "student and auditor", actor, standing: Standing::Holds(rights) }
}

/// Rights by scope and name of a role.
type Table = BTreeMap<(String, String), BTreeSet<String>>;

/// The table as the API tells it.
fn table(answer: &Value) -> Table {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let roles = answer["roles"].as_array().expect("roles").iter().map(|role| {
        let rights = role["permissions"].as_array().expect("rights").iter().map(text).collect();
        ((text(&role["scope"]), text(&role["name"])), rights)
    });
    roles.collect()
}

/// Asks for something that is not there, or with nothing in hand: harmless, and past the rule it is refused for
/// another reason.
fn request(actor: &Actor, binding: &Binding) -> reqwest::RequestBuilder {
    let path = binding.path(|_| uuid::Uuid::now_v7().to_string());
    let request = actor.request(binding.verb.clone(), &path);
    if binding.template == "/v1/me/leave" {
        // Whoever leaves could not be asked again.
        return request.json(&json!({"note": "two\nlines"}));
    }
    if binding.template == "/v1/sessions" && binding.verb == Method::DELETE {
        // Whose sessions have all ended could not be asked again: a field too many stops it after the rule.
        return actor.request(Method::DELETE, "/v1/sessions?surplus=1");
    }
    if binding.has_body && binding.verb != Method::GET { request.json(&json!({})) } else { request }
}

/// Reads no more than the head of what is let in: a stream has no end.
async fn ask(actor: &Actor, binding: &Binding) -> Result<Verdict, String> {
    let answer = request(actor, binding).send().await.expect("the platform answers");
    let status = answer.status().as_u16();
    if status < 400 {
        return Ok(Verdict::In);
    }
    let problem: Value = answer.json().await.map_err(|problem| problem.to_string())?;
    let code = problem["code"].as_str().or_else(|| problem["error_code"].as_str());
    match (status, code.unwrap_or_default()) {
        (401, "sign_in_required") => Ok(Verdict::SignIn),
        (404, "tenant_unknown") => Ok(Verdict::Stranger),
        (403, "permission_denied") => Ok(Verdict::Denied),
        // A wrong password, or a token that is none, is refused to whoever is let in.
        (401, "wrong_credentials" | "wrong_password" | "bad_token" | "sso_refused")
        | (501, "not_supported")
        | (400 | 404 | 409 | 410, _) => Ok(Verdict::In),
        _ => Err(problem.to_string()),
    }
}
