//! Who holds which role, in which part of the tenant, and until when.

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call, timestamp,
    user::v1::{
        CreateRoleBindingRequest, DeleteRoleBindingRequest, ListEffectiveRequest,
        ListRoleBindingsRequest, RoleBinding, UpdateAccountRequest,
    },
};

use crate::platform::{OWNER, Platform, fields, reason, tenant};

fn wish(user_id: &str, role: &str) -> CreateRoleBindingRequest {
    CreateRoleBindingRequest { user_id: user_id.into(), role: role.into(), ..Default::default() }
}

async fn bind(
    platform: &Platform,
    cx: &Cx,
    wish: CreateRoleBindingRequest,
) -> Result<RoleBinding, Status> {
    let bound = platform.role_bindings().create_role_binding(call(cx, wish)).await;
    bound.map(tonic::Response::into_inner)
}

async fn unbind(platform: &Platform, cx: &Cx, binding_id: &str) -> Result<(), Status> {
    let wish = DeleteRoleBindingRequest { binding_id: binding_id.into() };
    platform.role_bindings().delete_role_binding(call(cx, wish)).await.map(|_| ())
}

async fn list(platform: &Platform, cx: &Cx, user_id: &str) -> Result<Vec<RoleBinding>, Status> {
    let wish = ListRoleBindingsRequest { user_id: user_id.into(), ..Default::default() };
    let listed = platform.role_bindings().list_role_bindings(call(cx, wish)).await;
    listed.map(|listed| listed.into_inner().bindings)
}

async fn rights(platform: &Platform, user_id: &str, tenant: TenantId) -> Vec<String> {
    let asked = ListEffectiveRequest {
        user_id: user_id.into(),
        tenant_id: tenant.to_string(),
        tenant_only: false,
    };
    let answer = platform.access().list_effective(call(&platform.nobody(), asked)).await;
    answer.expect("answers").into_inner().permissions
}

#[tokio::test]
async fn a_role_is_bound_once_gives_its_rights_at_once_and_is_taken_away() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &["events.event.create"]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let may = async || rights(&platform, &ann, here).await.contains(&"events.event.create".into());
    assert!(!may().await);
    let bound = bind(&platform, &keeper, wish(&ann, "events.organizer")).await.expect("binds");
    assert_eq!((bound.scope_type.as_str(), bound.scope_id.as_str()), ("tenant", ""));
    assert!(may().await);
    let again = bind(&platform, &keeper, wish(&ann, "events.organizer")).await.expect("stands");
    assert_eq!(again, bound);
    assert_eq!(list(&platform, &keeper, &ann).await.expect("lists").len(), 2);
    unbind(&platform, &keeper, &bound.binding_id).await.expect("takes away");
    assert!(!may().await);
    let gone = unbind(&platform, &keeper, &bound.binding_id).await.expect_err("gone");
    assert_eq!(reason(&gone), "role_binding_not_found");
    for (question, times) in [
        ("select count(*) from outbox where kind = 'user.role.bound'", 1),
        ("select count(*) from outbox where kind = 'user.role.unbound'", 1),
        ("select count(*) from audit_events where action in ('role.bind', 'role.unbind')", 2),
    ] {
        assert_eq!(platform.database.count(question).await, times, "{question}");
    }
}

#[tokio::test]
async fn many_who_bind_the_same_at_once_make_one_binding() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &["events.event.create"]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let team = CreateRoleBindingRequest {
        scope_type: "team".into(),
        scope_id: Uuid::now_v7().to_string(),
        ..wish(&ann, "events.organizer")
    };
    for wish in [wish(&ann, "events.organizer"), team] {
        let all = join_all((0..8).map(|_| bind(&platform, &keeper, wish.clone()))).await;
        let ids: Vec<_> = all.into_iter().map(|one| one.expect("binds").binding_id).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
    let told = "select count(*) from outbox where kind = 'user.role.bound'";
    assert_eq!(platform.database.count(told).await, 2);
}

#[tokio::test]
async fn a_role_for_a_time_ends_by_itself_and_may_be_prolonged() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &["events.event.create"]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let may = async || rights(&platform, &ann, here).await.contains(&"events.event.create".into());
    let until = |hours: u64| {
        let end = platform.clock.now().after(std::time::Duration::from_secs(hours * 3600));
        CreateRoleBindingRequest {
            expires_at: Some(timestamp(end)),
            ..wish(&ann, "events.organizer")
        }
    };
    let short = bind(&platform, &keeper, until(1)).await.expect("binds");
    assert!(may().await);
    let long = bind(&platform, &keeper, until(3)).await.expect("prolongs");
    assert_eq!(long.binding_id, short.binding_id);
    assert!(long.expires_at != short.expires_at);
    platform.wait_hours(2);
    assert!(may().await);
    platform.wait_hours(2);
    assert!(!may().await);
    for past in [0, 3_153_600_000] {
        let expires_at = Some(timestamp(jiff::Timestamp::from_second(past).expect("fits").into()));
        let wish = CreateRoleBindingRequest { expires_at, ..wish(&ann, "events.organizer") };
        let refused = bind(&platform, &keeper, wish).await;
        assert_eq!(refused.is_err(), past == 0);
        if let Err(refused) = refused {
            assert_eq!(fields(&refused), ["expiresAt"]);
        }
    }
}

#[tokio::test]
async fn a_role_in_a_part_of_the_tenant_is_none_in_the_whole() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &["events.event.create"]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let wish = CreateRoleBindingRequest {
        scope_type: "community".into(),
        scope_id: Uuid::now_v7().to_string(),
        ..wish(&ann, "events.organizer")
    };
    bind(&platform, &keeper, wish).await.expect("binds");
    assert!(!rights(&platform, &ann, here).await.contains(&"events.event.create".into()));
}

#[tokio::test]
async fn nobody_binds_or_takes_what_they_lack_or_their_own() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let strong = platform.keeper(here, &["events.event.create"]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    for above in ["owner", "admin", "operator", "events.organizer"] {
        let refused = bind(&platform, &keeper, wish(&ann, above)).await.expect_err("above own");
        assert_eq!(reason(&refused), "permission_above_own", "{above}");
    }
    let bound = bind(&platform, &strong, wish(&ann, "events.organizer")).await.expect("binds");
    let refused = unbind(&platform, &keeper, &bound.binding_id).await.expect_err("above own");
    assert_eq!(reason(&refused), "permission_above_own");
    let me = ann.parse().expect("an id");
    let herself = platform.person(me, Some(here), &["user.role_bindings.write"]);
    let refused = bind(&platform, &herself, wish(&ann, "student")).await.expect_err("own");
    assert_eq!(reason(&refused), "own_account");
    let refused = unbind(&platform, &herself, &bound.binding_id).await.expect_err("own");
    assert_eq!(reason(&refused), "own_account");
}

#[tokio::test]
async fn a_binding_that_is_none_is_refused_by_its_field() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let scoped = |kind: &str, id: &str| CreateRoleBindingRequest {
        scope_type: kind.into(),
        scope_id: id.into(),
        ..wish(&ann, "student")
    };
    for (wish, field) in [
        (wish("", "student"), "userId"),
        (wish(&ann, ""), "role"),
        (wish(&ann, "Owner"), "role"),
        (CreateRoleBindingRequest { role_id: "Owner".into(), ..wish(&ann, "") }, "roleId"),
        (CreateRoleBindingRequest { role_id: "user".into(), ..wish(&ann, "user") }, "roleId"),
        (scoped("galaxy", ""), "scopeType"),
        (scoped("team", "one"), "scopeId"),
        (scoped("tenant", &here.to_string()), "scopeId"),
    ] {
        let refused = bind(&platform, &keeper, wish.clone()).await.expect_err("refused");
        assert_eq!(fields(&refused), [field], "{wish:?}");
    }
    // Roles of the platform are none of a tenant.
    let refused = bind(&platform, &keeper, wish(&ann, "super_admin")).await.expect_err("refused");
    assert_eq!(reason(&refused), "role_not_found");
    let invited = platform.invite(here, "bob@example.com").await.user_id;
    let refused = bind(&platform, &keeper, wish(&invited, "student")).await.expect_err("refused");
    assert_eq!(reason(&refused), "not_joined");
}

#[tokio::test]
async fn another_tenants_people_and_bindings_are_missing_ones() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let (mine, theirs) = (platform.keeper(here, &[]), platform.keeper(there, &[]));
    let ann = platform.admit(there, "ann@example.com").await.user_id;
    let bound = bind(&platform, &theirs, wish(&ann, "student")).await.expect("binds");
    let missing = bind(&platform, &mine, wish(&ann, "student")).await.expect_err("missing");
    assert_eq!(reason(&missing), "person_not_found");
    let missing = unbind(&platform, &mine, &bound.binding_id).await.expect_err("missing");
    assert_eq!(reason(&missing), "role_binding_not_found");
    let missing = list(&platform, &mine, &ann).await.expect_err("missing");
    assert_eq!(reason(&missing), "person_not_found");
    assert!(list(&platform, &mine, "").await.expect("lists").is_empty());
    assert_eq!(list(&platform, &theirs, "").await.expect("lists").len(), 2);
}

#[tokio::test]
async fn the_last_owner_stays_whoever_races() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, OWNER);
    let mut owners = Vec::new();
    for name in ["ann", "bob"] {
        let user_id = platform.admit(here, &format!("{name}@example.com")).await.user_id;
        let bound = bind(&platform, &keeper, wish(&user_id, "owner")).await.expect("binds");
        owners.push((user_id, bound.binding_id));
    }
    let both = join_all(owners.iter().map(|(_, id)| unbind(&platform, &keeper, id))).await;
    let refused: Vec<_> = both.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.iter().map(reason).collect::<Vec<_>>(), ["last_owner"]);
    let held = "select count(*) from role_bindings where role = 'owner'";
    assert_eq!(platform.database.count(held).await, 1);
    // Neither by switching the membership off, nor by other roles in its place.
    let left = list(&platform, &keeper, "").await.expect("lists");
    let left = left.iter().find(|one| one.role == "owner").expect("one").user_id.clone();
    let off = UpdateAccountRequest { user_id: left, is_active: Some(false), ..Default::default() };
    let lower = UpdateAccountRequest { roles: vec!["user".into()], is_active: None, ..off.clone() };
    for wish in [off, lower] {
        let refused = platform.accounts().update_account(call(&keeper, wish)).await;
        assert_eq!(reason(&refused.expect_err("the last")), "last_owner");
    }
    assert_eq!(platform.database.count(held).await, 1);
}
