//! What a group gives comes and goes by those alone who may give it, on every way.

use futures::future::join_all;
use kernel::Cx;
use sqlx::{AssertSqlSafe, Executor};
use wire::{
    call, timestamp,
    user::v1::{
        ApproveGroupMemberRequest, ArchiveGroupRequest, CreatePolicyOverrideRequest,
        CreateRoleBindingRequest, CreateServiceAccountRequest, CreateTeamRequest,
        DeletePolicyOverrideRequest, DisableMemberRequest, DisableServiceAccountRequest,
        EnableMemberRequest, JoinGroupRequest, LeaveTenantRequest, RemoveMemberRequest,
        UpdateAccountRequest, UpdateGroupRequest,
    },
};

use crate::{
    group_members::{community, member, status, team},
    group_roles::{CREATE, add, bind, boss, may, unbind, wish},
    groups::{make_community, make_team},
    platform::{Platform, keyed, reason, tenant},
};

#[tokio::test]
async fn a_community_is_as_guarded_as_the_teams_that_stand_open_in_it() {
    let (platform, here) = (Platform::start().await, tenant());
    let (boss, runner) = (boss(&platform, here), platform.runner(here));
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let as_ann = platform.person(ann.parse().expect("an id"), Some(here), &[]);
    let id = make_community(&platform, &boss, "request").await;
    let inner = make_team(&platform, &boss, &id).await;
    let open = |community_id: &str, team_id: &str| UpdateGroupRequest {
        community_id: community_id.into(),
        team_id: team_id.into(),
        join_policy: Some("open".into()),
        ..Default::default()
    };
    platform.groups().update_group(call(&boss, open("", &inner))).await.expect("opens");
    let join = JoinGroupRequest { community_id: id.clone(), ..Default::default() };
    platform.group_members().join_group(call(&as_ann, join)).await.expect("asks");
    bind(&platform, &boss, wish(&inner, "events.organizer")).await.expect("binds");
    let let_in = |cx: &Cx| {
        let asked = ApproveGroupMemberRequest {
            community_id: id.clone(),
            user_id: ann.clone(),
            ..Default::default()
        };
        call(cx, asked)
    };
    for refused in [
        add(&platform, &runner, &id, &ann).await,
        platform.group_members().approve_group_member(let_in(&runner)).await.map(|_| ()),
        platform.groups().update_group(call(&runner, open(&id, ""))).await.map(|_| ()),
    ] {
        assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
    }
    platform.group_members().approve_group_member(let_in(&boss)).await.expect("lets in");
    let join = JoinGroupRequest { team_id: inner, ..Default::default() };
    platform.group_members().join_group(call(&as_ann, join)).await.expect("joins");
    assert!(may(&platform, here, &ann).await);
}

#[tokio::test]
async fn nobody_comes_back_by_asking_and_taking_the_wish_back() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.runner(here);
    let (ann, as_ann) = member(&platform, here, "ann").await;
    let id = make_community(&platform, &boss, "open").await;
    let at = community(&platform, &id);
    at.add(&boss, &ann).await.expect("adds");
    at.remove(&boss, &ann).await.expect("removes");
    for _ in 0..2 {
        assert_eq!(status(&at.join(&as_ann).await), ("pending", false));
        for _ in 0..2 {
            assert_eq!(status(&at.leave(&as_ann).await), ("declined", false));
        }
    }
    // Nor does whoever leaves the community of the team, or the tenant, meanwhile.
    let alone = make_team(&platform, &boss, "").await;
    let inner = make_team(&platform, &boss, &id).await;
    at.add(&boss, &ann).await.expect("adds");
    for place in [&alone, &inner] {
        let open = UpdateGroupRequest {
            team_id: place.clone(),
            join_policy: Some("open".into()),
            ..Default::default()
        };
        platform.groups().update_group(call(&boss, open)).await.expect("opens");
        team(&platform, place).add(&boss, &ann).await.expect("adds");
        team(&platform, place).remove(&boss, &ann).await.expect("removes");
        assert_eq!(status(&team(&platform, place).join(&as_ann).await), ("pending", false));
    }
    assert_eq!(status(&at.leave(&as_ann).await), ("left", false));
    assert_eq!(status(&at.join(&as_ann).await), ("active", true));
    assert_eq!(status(&team(&platform, &inner).join(&as_ann).await), ("pending", false));
    let leave = call(&as_ann, LeaveTenantRequest::default());
    platform.memberships().leave_tenant(leave).await.expect("leaves");
    platform.admit(here, "ann@example.com").await;
    assert_eq!(status(&team(&platform, &alone).join(&as_ann).await), ("pending", false));
    let told = "select count(*) from outbox where kind = 'user.group_member.changed'
                  and data ->> 'status' = 'declined'";
    assert_eq!(platform.database.count(told).await, 5);
}

#[tokio::test]
async fn nobody_moves_what_somebody_has_through_a_group_and_they_lack() {
    let (platform, here) = (Platform::start().await, tenant());
    let (boss, weak) = (boss(&platform, here), platform.keeper(here, &[]));
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let id = make_community(&platform, &boss, "").await;
    bind(&platform, &boss, wish(&id, "events.organizer")).await.expect("binds");
    add(&platform, &boss, &id, &ann).await.expect("adds");
    let pause = DisableMemberRequest { user_id: ann.clone(), ..Default::default() };
    let go_on = EnableMemberRequest { user_id: ann.clone(), ..Default::default() };
    let end = RemoveMemberRequest { user_id: ann.clone(), ..Default::default() };
    let switch = |is_active| UpdateAccountRequest {
        user_id: ann.clone(),
        is_active: Some(is_active),
        ..Default::default()
    };
    let deny = CreatePolicyOverrideRequest {
        user_id: ann.clone(),
        effect: "deny".into(),
        reason: "an inquiry".into(),
        ..Default::default()
    };
    for refused in [
        platform.memberships().disable_member(call(&weak, pause.clone())).await.map(drop),
        platform.memberships().remove_member(call(&weak, end)).await.map(drop),
        platform.accounts().update_account(call(&weak, switch(false))).await.map(drop),
        platform
            .policy_overrides()
            .create_policy_override(call(&weak, deny.clone()))
            .await
            .map(drop),
    ] {
        assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
    }
    let denied = platform.policy_overrides().create_policy_override(call(&boss, deny)).await;
    let override_id = denied.expect("denies").into_inner().override_id;
    let lift = DeletePolicyOverrideRequest { override_id };
    let refused =
        platform.policy_overrides().delete_policy_override(call(&weak, lift.clone())).await;
    assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
    platform.policy_overrides().delete_policy_override(call(&boss, lift)).await.expect("lifts");
    platform.memberships().disable_member(call(&boss, pause)).await.expect("pauses");
    for refused in [
        platform.memberships().enable_member(call(&weak, go_on.clone())).await.map(drop),
        platform.accounts().update_account(call(&weak, switch(true))).await.map(drop),
    ] {
        assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
    }
    platform.memberships().enable_member(call(&boss, go_on)).await.expect("goes on");
    assert!(may(&platform, here, &ann).await);
    let as_ann = platform.person(ann.parse().expect("an id"), Some(here), &[]);
    let leave = call(&as_ann, LeaveTenantRequest::default());
    platform.memberships().leave_tenant(leave).await.expect("whoever goes needs no right");
}

#[tokio::test]
async fn nobody_gives_themselves_a_role_by_way_of_a_group() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = boss(&platform, here);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let events = ["events.attendance.mark", "events.event.manage", "events.event.read", CREATE];
    let rights = [&events[..], &["user.groups.write", "user.role_bindings.write"]].concat();
    let as_ann = platform.person(ann.parse().expect("an id"), Some(here), &rights);
    let id = make_community(&platform, &boss, "request").await;
    // A group that gives nothing is joined by whoever runs it.
    add(&platform, &as_ann, &id, &ann).await.expect("adds");
    let refused = bind(&platform, &as_ann, wish(&id, "events.organizer")).await;
    assert_eq!(reason(&refused.expect_err("is in it")), "own_account");
    community(&platform, &id).leave(&as_ann).await.expect("leaves");
    bind(&platform, &as_ann, wish(&id, "events.organizer")).await.expect("binds");
    let refused = add(&platform, &as_ann, &id, &ann).await.expect_err("oneself");
    assert_eq!(reason(&refused), "own_account");
    community(&platform, &id).join(&as_ann).await.expect("asks");
    let refused = community(&platform, &id).approve(&as_ann, &ann).await.expect_err("oneself");
    assert_eq!(reason(&refused), "own_account");
    community(&platform, &id).approve(&boss, &ann).await.expect("somebody else lets in");
    assert!(may(&platform, here, &ann).await);
}

#[tokio::test]
async fn what_has_ended_binds_nobodys_hands() {
    let (platform, here) = (Platform::start().await, tenant());
    let weak = platform.keeper(here, &["user.groups.write", "user.service_accounts.write"]);
    let boss = boss(&platform, here);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let id = make_community(&platform, &boss, "").await;
    let made = CreateServiceAccountRequest { name: "Calendar".into() };
    let made = platform.service_accounts().create_service_account(keyed(&weak, "one", made)).await;
    let service_account_id = made.expect("makes").into_inner().service_account_id;
    let end = platform.clock.now().after(std::time::Duration::from_secs(3600));
    let mut bound = Vec::new();
    for (subject_type, subject_id) in
        [("group", &id), ("service_account", &service_account_id), ("person", &ann)]
    {
        let short = CreateRoleBindingRequest {
            subject_type: subject_type.into(),
            expires_at: Some(timestamp(end)),
            ..wish(subject_id, "events.organizer")
        };
        bound.push(bind(&platform, &boss, short).await.expect("binds").binding_id);
    }
    let turn = async || {
        let open = UpdateGroupRequest {
            community_id: id.clone(),
            join_policy: Some("open".into()),
            ..Default::default()
        };
        let off = DisableServiceAccountRequest { service_account_id: service_account_id.clone() };
        let pause = DisableMemberRequest { user_id: ann.clone(), ..Default::default() };
        vec![
            add(&platform, &weak, &id, &ann).await,
            platform.groups().update_group(call(&weak, open)).await.map(drop),
            platform.service_accounts().disable_service_account(call(&weak, off)).await.map(drop),
            platform.memberships().disable_member(call(&weak, pause)).await.map(drop),
        ]
    };
    for refused in turn().await {
        assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
    }
    for binding_id in &bound {
        let refused = unbind(&platform, &weak, binding_id).await.expect_err("above own");
        assert_eq!(reason(&refused), "permission_above_own");
    }
    platform.wait_hours(2);
    for done in turn().await {
        done.expect("gives nothing any more");
    }
    for binding_id in &bound {
        unbind(&platform, &weak, binding_id).await.expect("gives nothing any more");
    }
}

#[tokio::test]
async fn a_community_has_so_many_teams_and_a_person_so_many_groups_whoever_races() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.runner(here);
    let (ann, _) = member(&platform, here, "ann").await;
    let id = make_community(&platform, &boss, "open").await;
    let fill = format!(
        "set usher.tenant_id = '{here}';
         insert into groups (group_id, kind, community_id, name, description, join_policy, status, created_at, created_by,
                             changed_at)
         select gen_random_uuid(), 'team', '{id}', 'Team ' || n, '', 'open', 'archived', now(), 'test', now()
         from generate_series(1, 998) n;
         insert into group_members (group_id, user_id, status, role_hint, since, changed_by)
         select group_id, '{ann}', 'pending', '', now(), 'test' from groups where kind = 'team' limit 498;"
    );
    let mut admin = platform.database.admin().await;
    admin.execute(AssertSqlSafe(fill)).await.expect("fills");
    let make = async |n: u8| {
        let wish = CreateTeamRequest {
            community_id: id.clone(),
            name: format!("Team {n}"),
            ..Default::default()
        };
        platform.groups().create_team(call(&boss, wish)).await.map(drop)
    };
    let made = join_all((0..6).map(make)).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 2);
    let refused = made.into_iter().find_map(Result::err).expect("too many");
    assert_eq!(reason(&refused), "too_many_teams");
    make_team(&platform, &boss, "").await;
    let mut places = Vec::new();
    for _ in 0..6 {
        places.push(make_community(&platform, &boss, "open").await);
    }
    let added = join_all(places.iter().map(|place| add(&platform, &boss, place, &ann))).await;
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 2);
    let refused = added.into_iter().find_map(Result::err).expect("too many");
    assert_eq!(reason(&refused), "too_many_groups");
    // Whoever is in stays in, and a place that is left is free.
    let near = "select count(*) from group_members where status in ('active', 'pending')";
    assert_eq!(platform.database.count(near).await, 500);
    let mut is_in = Vec::new();
    for place in &places {
        if community(&platform, place).get(&boss, &ann).await.is_ok() {
            is_in.push(place);
        }
    }
    add(&platform, &boss, is_in[0], &ann).await.expect("stands");
    community(&platform, is_in[0]).remove(&boss, &ann).await.expect("removes");
    add(&platform, &boss, is_in[0], &ann).await.expect("there is a place");
}

#[tokio::test]
async fn who_archives_a_community_meets_the_role_that_its_team_gets_meanwhile() {
    let (platform, here) = (Platform::start().await, tenant());
    let (boss, runner) = (boss(&platform, here), platform.runner(here));
    let id = make_community(&platform, &boss, "").await;
    let inner = make_team(&platform, &boss, &id).await;
    let mut other = platform.database.admin().await;
    let bind = format!(
        "begin; set local usher.tenant_id = '{here}';
         select from groups where group_id = '{inner}' for no key update;
         insert into role_grants (tenant_id, binding_id, group_id, role, scope_type, scope_id, bound_at, bound_by)
         values ('{here}', gen_random_uuid(), '{inner}', 'events.organizer', 'tenant', '', now(), 'test');"
    );
    other.execute(AssertSqlSafe(bind)).await.expect("binds");
    let rest = ArchiveGroupRequest { community_id: id, ..Default::default() };
    let archive = async { platform.groups().archive_group(call(&runner, rest)).await };
    let commit = async {
        let waits = "select count(*) > 0 from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'";
        platform.database.until(waits).await;
        other.execute("commit").await.expect("commits");
    };
    let (refused, ()) = futures::join!(archive, commit);
    assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
}
