//! No body sets what its method does not offer: every write of the user service, with every field one would smuggle in.

use reqwest::Method;
use serde_json::{Map, json};
use testkit::Platform;

use crate::routes::{Binding, Rpc, contract};

/// What decides who somebody is, where, and what they may do.
const SMUGGLED: [&str; 23] = [
    "role",
    "roles",
    "tenantId",
    "tenant_id",
    "status",
    "verified",
    "emailVerified",
    "owner",
    "isOwner",
    "permissions",
    "systemAdmin",
    "suspended",
    "actor",
    "joinedAt",
    "legacyId",
    "ownerId",
    "masterFlags",
    "boundBy",
    "boundAt",
    "madeBy",
    "createdAt",
    "bindingId",
    "__proto__",
];

/// The golden list: where such a field is the method's very purpose.
const OFFERED: [(&str, &str); 12] = [
    ("Accounts.UpdateAccount", "roles"),
    ("CustomRoles.PutCustomRole", "permissions"),
    ("Invites.CreateInvite", "role"),
    ("Invites.CreateInvite", "roles"),
    ("JoinDomains.PutJoinDomain", "role"),
    ("JoinLinks.CreateJoinLink", "role"),
    ("JoinLinks.CreateJoinLink", "roles"),
    ("Joining.JoinTenant", "tenantId"),
    ("Joining.JoinTenant", "tenant_id"),
    ("People.CreateUser", "role"),
    ("RoleBindings.CreateRoleBinding", "role"),
    ("SignUps.PutSignUpPolicy", "role"),
];

#[tokio::test]
async fn no_body_sets_what_its_method_does_not_offer() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let member = tenant.member("user").await;
    let before = tenant.admin().await.get("/v1/members").await.json();
    let (mut complaints, mut offered, mut asked) = (Vec::new(), Vec::new(), 0);
    let staff = platform.staff("super_admin").await.within(tenant.id);
    for rpc in contract().iter().filter(|rpc| rpc.path().starts_with("/usher.user.")) {
        for binding in rpc.bindings.iter().filter(|binding| binding.has_body) {
            for field in SMUGGLED {
                if declares(rpc, field) {
                    offered.push((rpc.name(), field));
                    continue;
                }
                asked += 1;
                let path = binding.path(|_| member.user_id().to_owned());
                let body = Map::from_iter([(field.to_owned(), json!("owner"))]);
                let answer =
                    staff.send(staff.request(binding.verb.clone(), &path).json(&body)).await;
                if answer.status != 400 || !answer.problem().fields.iter().any(|one| one == field) {
                    complaints.push(format!("{} with {field}: {answer:?}", place(binding)));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
    offered.sort();
    offered.dedup();
    let golden: Vec<_> = OFFERED.iter().map(|(name, field)| ((*name).to_owned(), *field)).collect();
    assert_eq!(offered, golden);
    assert!(asked > 150, "only {asked} bodies");
    let after = tenant.admin().await.get("/v1/members").await.json();
    let find = |list: &serde_json::Value| {
        let mut members = list["members"].as_array().expect("members").iter();
        members.find(|one| one["userId"] == member.user_id()).cloned()
    };
    assert_eq!(find(&before), find(&after), "the member is as before");
    platform.stop().await;
}

fn declares(rpc: &Rpc, field: &str) -> bool {
    rpc.method.input().fields().any(|one| one.name() == field || one.json_name() == field)
}

fn place(Binding { verb, template, .. }: &Binding) -> String {
    let verb: &Method = verb;
    format!("{verb} {template}")
}
