//! Roles that a group gives to its members.

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call, timestamp,
    user::v1::{
        AddGroupMemberRequest, ArchiveGroupRequest, CheckRequest, CreateRoleBindingRequest,
        DeleteRoleBindingRequest, DisableMemberRequest, EnableMemberRequest, ExplainRequest,
        JoinGroupRequest, LeaveTenantRequest, ListEffectiveRequest, ListRoleBindingsRequest,
        PutCustomRoleRequest, RemoveGroupMemberRequest, RemoveMemberRequest, RestoreGroupRequest,
        RoleBinding, UpdateGroupRequest,
    },
};

use crate::{
    groups::{make_community, make_team},
    platform::{OWNER, Platform, fields, reason, tenant},
};

pub(crate) const CREATE: &str = "events.event.create";

/// Somebody who runs groups and gives what it takes to hold events.
pub(crate) fn boss(platform: &Platform, here: TenantId) -> Cx {
    platform.keeper(here, &[CREATE, "user.groups.write"])
}

pub(crate) fn wish(group_id: &str, role: &str) -> CreateRoleBindingRequest {
    CreateRoleBindingRequest {
        subject_type: "group".into(),
        subject_id: group_id.into(),
        role: role.into(),
        ..Default::default()
    }
}

pub(crate) async fn bind(
    platform: &Platform,
    cx: &Cx,
    wish: CreateRoleBindingRequest,
) -> Result<RoleBinding, Status> {
    let bound = platform.role_bindings().create_role_binding(call(cx, wish)).await;
    bound.map(tonic::Response::into_inner)
}

pub(crate) async fn unbind(platform: &Platform, cx: &Cx, binding_id: &str) -> Result<(), Status> {
    let wish = DeleteRoleBindingRequest { binding_id: binding_id.into() };
    platform.role_bindings().delete_role_binding(call(cx, wish)).await.map(|_| ())
}

pub(crate) async fn add(
    platform: &Platform,
    cx: &Cx,
    id: &str,
    user_id: &str,
) -> Result<(), Status> {
    let asked = AddGroupMemberRequest {
        community_id: id.into(),
        user_id: user_id.into(),
        ..Default::default()
    };
    platform.group_members().add_group_member(call(cx, asked)).await.map(|_| ())
}

async fn remove(platform: &Platform, cx: &Cx, id: &str, user_id: &str) -> Result<(), Status> {
    let asked = RemoveGroupMemberRequest {
        community_id: id.into(),
        user_id: user_id.into(),
        ..Default::default()
    };
    platform.group_members().remove_group_member(call(cx, asked)).await.map(|_| ())
}

/// Whether the passport says so, and whether it is decided so: both must.
pub(crate) async fn may(platform: &Platform, here: TenantId, user_id: &str) -> bool {
    let asked = ListEffectiveRequest {
        user_id: user_id.into(),
        tenant_id: here.to_string(),
        tenant_only: false,
    };
    let told = platform.access().list_effective(call(&platform.nobody(), asked)).await;
    let says = told.expect("told").into_inner().permissions.contains(&CREATE.to_owned());
    let asked =
        CheckRequest { user_id: user_id.into(), permission: CREATE.into(), ..Default::default() };
    let decided = platform.decisions().check(call(&platform.keeper(here, &[]), asked)).await;
    assert_eq!(decided.expect("answers").into_inner().allowed, says);
    says
}

async fn epoch(platform: &Platform) -> i64 {
    platform.database.count("select coalesce(sum(epoch), 0)::bigint from permission_epochs").await
}

#[tokio::test]
async fn members_have_the_role_of_their_group_for_as_long_as_they_are_members() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = boss(&platform, here);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let id = make_community(&platform, &boss, "").await;
    let bound = bind(&platform, &boss, wish(&id, "events.organizer")).await.expect("binds");
    assert_eq!((bound.subject_type.as_str(), bound.subject_id.as_str()), ("group", id.as_str()));
    assert!(bound.user_id.is_empty());
    assert!(!may(&platform, here, &ann).await);
    for _ in 0..2 {
        let before = epoch(&platform).await;
        add(&platform, &boss, &id, &ann).await.expect("adds");
        assert!(may(&platform, here, &ann).await);
        remove(&platform, &boss, &id, &ann).await.expect("removes");
        assert!(!may(&platform, here, &ann).await);
        assert_eq!(epoch(&platform).await, before + 2);
    }
    add(&platform, &boss, &id, &ann).await.expect("adds");
    // The binding goes and comes.
    unbind(&platform, &boss, &bound.binding_id).await.expect("takes away");
    assert!(!may(&platform, here, &ann).await);
    bind(&platform, &boss, wish(&id, "events.organizer")).await.expect("binds");
    assert!(may(&platform, here, &ann).await);
    // The group rests and goes on.
    let rest = ArchiveGroupRequest { community_id: id.clone(), ..Default::default() };
    platform.groups().archive_group(call(&boss, rest)).await.expect("archives");
    assert!(!may(&platform, here, &ann).await);
    let refused = bind(&platform, &boss, wish(&id, "student")).await.expect_err("rests");
    assert_eq!(reason(&refused), "group_archived");
    let on = RestoreGroupRequest { community_id: id.clone(), ..Default::default() };
    platform.groups().restore_group(call(&boss, on)).await.expect("restores");
    assert!(may(&platform, here, &ann).await);
    // The membership pauses, goes on and ends.
    let admin = platform.keeper(here, OWNER);
    let (user_id, note) = (ann.clone(), String::new());
    let pause = DisableMemberRequest { user_id: user_id.clone(), note: note.clone() };
    platform.memberships().disable_member(call(&admin, pause)).await.expect("pauses");
    assert!(!may(&platform, here, &ann).await);
    let on = EnableMemberRequest { user_id: user_id.clone(), note: note.clone() };
    platform.memberships().enable_member(call(&admin, on)).await.expect("goes on");
    assert!(may(&platform, here, &ann).await);
    let end = RemoveMemberRequest { user_id, note };
    platform.memberships().remove_member(call(&admin, end)).await.expect("removes");
    platform.admit(here, "ann@example.com").await;
    assert!(!may(&platform, here, &ann).await, "nothing comes back by itself");
}

#[tokio::test]
async fn what_a_person_held_ends_with_the_membership_in_every_part_of_the_tenant() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = boss(&platform, here);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let in_team = CreateRoleBindingRequest {
        user_id: ann.clone(),
        role: "events.organizer".into(),
        scope_type: "team".into(),
        scope_id: Uuid::now_v7().to_string(),
        ..Default::default()
    };
    bind(&platform, &boss, in_team).await.expect("binds");
    let me = platform.person(ann.parse().expect("an id"), Some(here), &[]);
    let leave = call(&me, LeaveTenantRequest::default());
    platform.memberships().leave_tenant(leave).await.expect("leaves");
    platform.admit(here, "ann@example.com").await;
    assert_eq!(platform.database.count("select count(*) from role_grants").await, 0);
}

#[tokio::test]
async fn an_explanation_says_through_which_group() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = boss(&platform, here);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let id = make_community(&platform, &boss, "").await;
    let there = CreateRoleBindingRequest {
        scope_type: "community".into(),
        scope_id: id.clone(),
        ..wish(&id, "events.organizer")
    };
    bind(&platform, &boss, there).await.expect("binds");
    add(&platform, &boss, &id, &ann).await.expect("adds");
    let asked = |scope_id: &str| ExplainRequest {
        user_id: ann.clone(),
        permission: CREATE.into(),
        scope_type: "community".into(),
        scope_id: scope_id.into(),
    };
    let why = platform.decisions().explain(call(&boss, asked(&id))).await;
    let why = why.expect("explains").into_inner();
    assert_eq!(why.decision.expect("one").reason_code, "RBAC_ALLOW");
    let held: Vec<_> =
        why.roles.iter().map(|held| (held.role.as_str(), held.group_id.as_str())).collect();
    assert_eq!(held, [("client", ""), ("events.organizer", id.as_str())]);
    let other = platform.decisions().explain(call(&boss, asked(&Uuid::now_v7().to_string()))).await;
    assert_eq!(other.expect("explains").into_inner().roles.len(), 1, "only in its own place");
    assert!(!may(&platform, here, &ann).await);
}

#[tokio::test]
async fn a_group_is_no_way_to_give_take_or_let_in_what_one_may_not() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = boss(&platform, here);
    let runner = platform.runner(here);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let id = make_community(&platform, &boss, "request").await;
    let inner = make_team(&platform, &boss, &id).await;
    let keeper = platform.keeper(here, &["user.groups.write"]);
    let refused = bind(&platform, &keeper, wish(&id, "events.organizer")).await;
    assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
    let bound = bind(&platform, &boss, wish(&id, "events.organizer")).await.expect("binds");
    let open = UpdateGroupRequest {
        community_id: id.clone(),
        join_policy: Some("open".into()),
        ..Default::default()
    };
    let rest = ArchiveGroupRequest { community_id: id.clone(), ..Default::default() };
    for refused in [
        unbind(&platform, &keeper, &bound.binding_id).await,
        add(&platform, &runner, &id, &ann).await,
        platform.groups().update_group(call(&runner, open.clone())).await.map(|_| ()),
        platform.groups().archive_group(call(&runner, rest)).await.map(|_| ()),
    ] {
        assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
    }
    let name = UpdateGroupRequest {
        community_id: id.clone(),
        name: Some("Joggers".into()),
        ..Default::default()
    };
    platform.groups().update_group(call(&runner, name)).await.expect("a name gives nothing");
    add(&platform, &boss, &id, &ann).await.expect("adds");
    let refused = remove(&platform, &runner, &id, &ann).await.expect_err("above own");
    assert_eq!(reason(&refused), "permission_above_own");
    let admin = platform.admin(here);
    let pause = DisableMemberRequest { user_id: ann.clone(), note: String::new() };
    let refused = platform.memberships().disable_member(call(&admin, pause)).await;
    assert_eq!(reason(&refused.expect_err("holds more")), "permission_above_own");
    // Who opened it held what it gives, so whoever walks in has it.
    platform.groups().update_group(call(&boss, open)).await.expect("opens");
    let bob = platform.admit(here, "bob@example.com").await.user_id;
    let as_bob = platform.person(bob.parse().expect("an id"), Some(here), &[]);
    let join = JoinGroupRequest { community_id: id.clone(), ..Default::default() };
    platform.group_members().join_group(call(&as_bob, join)).await.expect("joins");
    assert!(may(&platform, here, &bob).await);
    // A custom role counts as what it allows.
    let custom = PutCustomRoleRequest {
        role_id: "host".into(),
        title: "Host".into(),
        permissions: vec![CREATE.into()],
    };
    platform.custom_roles().put_custom_role(call(&boss, custom)).await.expect("makes");
    bind(&platform, &boss, wish(&inner, "host")).await.expect("binds");
    let asked = AddGroupMemberRequest {
        team_id: inner.clone(),
        user_id: ann.clone(),
        ..Default::default()
    };
    let refused = platform.group_members().add_group_member(call(&runner, asked)).await;
    assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
}

#[tokio::test]
async fn an_owner_through_a_group_is_not_the_last_who_answers() {
    let (platform, here) = (Platform::start().await, tenant());
    let (_, _) = platform.staff(here, "boss@example.com", "owner").await;
    let keeper = platform.keeper(here, OWNER);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let id = make_community(&platform, &keeper, "").await;
    bind(&platform, &keeper, wish(&id, "owner")).await.expect("binds");
    add(&platform, &keeper, &id, &ann).await.expect("adds");
    assert!(may(&platform, here, &ann).await, "has an owner's rights");
    let asked = call(&keeper, ListRoleBindingsRequest::default());
    let bindings = platform.role_bindings().list_role_bindings(asked).await.expect("lists");
    let bindings = bindings.into_inner().bindings;
    let own = |kind: &str| {
        let mut owners = bindings.iter().filter(|one| one.role == "owner");
        owners.find(|one| one.subject_type == kind).expect("one").binding_id.clone()
    };
    let refused = unbind(&platform, &keeper, &own("person")).await.expect_err("the last");
    assert_eq!(reason(&refused), "last_owner");
    unbind(&platform, &keeper, &own("group")).await.expect("answers for nothing");
}

#[tokio::test]
async fn a_groups_binding_stands_once_is_prolonged_listed_and_missing_elsewhere() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let (mine, theirs) = (boss(&platform, here), boss(&platform, there));
    let id = make_community(&platform, &mine, "").await;
    let all = join_all((0..8).map(|_| bind(&platform, &mine, wish(&id, "student")))).await;
    let ids: Vec<_> = all.into_iter().map(|one| one.expect("binds").binding_id).collect();
    assert!(ids.iter().all(|one| *one == ids[0]), "{ids:?}");
    let told = "select count(*) from outbox where kind = 'user.role.bound'";
    assert_eq!(platform.database.count(told).await, 1);
    let end = platform.clock.now().after(std::time::Duration::from_secs(3600));
    let short =
        CreateRoleBindingRequest { expires_at: Some(timestamp(end)), ..wish(&id, "student") };
    let short = bind(&platform, &mine, short).await.expect("ends");
    assert_eq!((&short.binding_id, short.expires_at.is_some()), (&ids[0], true));
    let list = async |cx: &Cx| {
        let asked = ListRoleBindingsRequest { subject_id: id.clone(), ..Default::default() };
        let listed = platform.role_bindings().list_role_bindings(call(cx, asked)).await;
        listed.expect("lists").into_inner().bindings
    };
    assert_eq!(list(&mine).await, [short]);
    assert!(list(&theirs).await.is_empty());
    let missing = bind(&platform, &theirs, wish(&id, "student")).await.expect_err("missing");
    assert_eq!(reason(&missing), "group_not_found");
    let nothing = Uuid::now_v7().to_string();
    let missing = bind(&platform, &mine, wish(&nothing, "student")).await.expect_err("missing");
    assert_eq!(reason(&missing), "group_not_found");
    for (odd, field) in [
        (
            CreateRoleBindingRequest { subject_type: "crowd".into(), ..wish(&id, "student") },
            "subjectType",
        ),
        (wish("runners", "student"), "subjectId"),
        (wish("", "student"), "subjectId"),
        (CreateRoleBindingRequest { user_id: nothing.clone(), ..wish(&id, "student") }, "userId"),
    ] {
        let refused = bind(&platform, &mine, odd.clone()).await.expect_err("refused");
        assert_eq!(fields(&refused), [field], "{odd:?}");
    }
}
