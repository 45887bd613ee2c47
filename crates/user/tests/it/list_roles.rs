//! Roles against the contract.

use std::collections::BTreeSet;

use uuid::Uuid;
use wire::{call, rules, user::v1::ListRolesRequest};

use crate::platform::Platform;

#[tokio::test]
async fn roles_hold_the_permissions_of_the_contract_and_no_others() {
    let platform = Platform::start().await;
    let somebody = platform.person(Uuid::now_v7().into(), None, &[]);
    let roles = platform.access().list_roles(call(&somebody, ListRolesRequest {})).await;
    let roles = roles.expect("lists").into_inner().roles;
    let names: Vec<String> = roles.iter().map(|r| format!("{}.{}", r.scope, r.name)).collect();
    let expected = [
        "platform.super_admin",
        "platform.admin_lite",
        "platform.operator",
        "tenant.owner",
        "tenant.admin",
        "tenant.operator",
        "tenant.client",
        "tenant.user",
        "tenant.instructor",
        "tenant.student",
        "tenant.events.participant",
        "tenant.events.organizer",
    ];
    assert_eq!(names, expected);
    let held: BTreeSet<String> = roles.into_iter().flat_map(|role| role.permissions).collect();
    let asked: BTreeSet<String> = rules::methods()
        .filter_map(|method| rules::of(&rules::path(&method)))
        .map(|rule| rule.permission.clone())
        .filter(|permission| !permission.is_empty())
        .collect();
    assert_eq!(held, asked);
}
