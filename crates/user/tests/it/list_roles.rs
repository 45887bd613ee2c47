//! Roles against the contract.

use std::collections::BTreeSet;

use uuid::Uuid;
use wire::{
    call, rules,
    user::v1::{ListPermissionsRequest, ListRolesRequest, Role, decisions_client::DecisionsClient},
};

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
    let reserved = ["events.attendance.mark", "events.event.manage", "events.rsvp.set"];
    let early: Vec<&String> = held.difference(&asked).collect();
    assert_eq!(early, reserved, "no method asks for these yet");
    assert!(asked.is_subset(&held), "{:?}", asked.difference(&held).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_catalogue_has_what_participants_and_organizers_of_events_may() {
    let platform = Platform::start().await;
    let reader = platform.person(Uuid::now_v7().into(), None, &["user.roles.read"]);
    let asked = call(&reader, ListPermissionsRequest {});
    let listed = DecisionsClient::new(platform.gateway()).list_permissions(asked).await;
    let listed = listed.expect("lists").into_inner().permissions;
    for permission in [
        "events.event.read",
        "events.event.create",
        "events.event.manage",
        "events.rsvp.set",
        "events.attendance.mark",
    ] {
        assert!(listed.iter().any(|known| known == permission), "{permission}");
    }
}

/// Who may call what, as it was reviewed: a line per method.
const REVIEWED: &str = include_str!("role_matrix.txt");

/// Whom a method lets in, with the names of the roles that hold its permission; those of the platform's staff with a star.
fn let_in(rule: &wire::rule::v1::Rule, roles: &[Role]) -> Vec<String> {
    let mut who: Vec<String> = Vec::new();
    who.extend(rule.public.then(|| "anybody".into()));
    who.extend(rule.signed_in.then(|| "whoever is signed in".into()));
    let holds = |role: &&Role| role.permissions.contains(&rule.permission);
    who.extend(roles.iter().filter(holds).map(|role| match role.scope.as_str() {
        "platform" => format!("{}*", role.name),
        _ => role.name.clone(),
    }));
    who.extend(rule.services.iter().map(|service| format!("({service})")));
    who
}

#[tokio::test]
async fn who_may_call_what_is_as_reviewed() {
    let platform = Platform::start().await;
    let somebody = platform.person(Uuid::now_v7().into(), None, &[]);
    let roles = platform.access().list_roles(call(&somebody, ListRolesRequest {})).await;
    let roles = roles.expect("lists").into_inner().roles;
    let mut lines: Vec<String> = rules::methods()
        .map(|method| {
            let rule = rules::of(&rules::path(&method)).expect("every method has a rule");
            let name = format!("{}.{}", method.parent_service().name(), method.name());
            format!("{name}: {}\n", let_in(rule, &roles).join(", "))
        })
        .collect();
    lines.sort();
    let now = concat!(env!("CARGO_TARGET_TMPDIR"), "/role_matrix.txt");
    std::fs::write(now, lines.concat()).expect("writes");
    let reviewed: Vec<String> = REVIEWED.split_inclusive('\n').map(str::to_owned).collect();
    let (new, old): (BTreeSet<_>, BTreeSet<_>) =
        (lines.iter().cloned().collect(), reviewed.iter().cloned().collect());
    assert!(
        lines == reviewed,
        "who may call what has changed: review it, then copy {now} over role_matrix.txt.\n+ {:?}\n- {:?}",
        new.difference(&old).collect::<Vec<_>>(),
        old.difference(&new).collect::<Vec<_>>(),
    );
}
