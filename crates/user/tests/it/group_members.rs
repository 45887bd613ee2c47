//! Who belongs to a community or a team, how they come in, and how they go.

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        AddGroupMemberRequest, ApproveGroupMemberRequest, ArchiveGroupRequest,
        ChangeGroupMemberRequest, DeclineGroupMemberRequest, DisableMemberRequest,
        EnableMemberRequest, GetGroupMemberRequest, GroupMember, JoinGroupRequest,
        LeaveGroupRequest, ListGroupMembersRequest, ListGroupsOfMemberRequest, ListMyGroupsRequest,
        RemoveGroupMemberRequest, RemoveMemberRequest, group_members_client::GroupMembersClient,
    },
};

use crate::{
    groups::{make_community, make_team},
    platform::{Platform, fields, reason, tenant},
};

pub(crate) type Outcome = Result<GroupMember, Status>;

/// A group of a tenant, as tests call it.
pub(crate) struct At<'a> {
    platform: &'a Platform,
    community_id: &'a str,
    team_id: &'a str,
}

impl At<'_> {
    pub(crate) async fn add(&self, cx: &Cx, user_id: &str) -> Outcome {
        self.add_as(cx, user_id, "").await
    }

    async fn add_as(&self, cx: &Cx, user_id: &str, role_hint: &str) -> Outcome {
        let asked = AddGroupMemberRequest {
            community_id: self.community_id.into(),
            team_id: self.team_id.into(),
            user_id: user_id.into(),
            role_hint: role_hint.into(),
        };
        let added = self.platform.group_members().add_group_member(call(cx, asked)).await;
        added.map(tonic::Response::into_inner)
    }

    pub(crate) async fn remove(&self, cx: &Cx, user_id: &str) -> Outcome {
        let asked = RemoveGroupMemberRequest {
            community_id: self.community_id.into(),
            team_id: self.team_id.into(),
            user_id: user_id.into(),
        };
        let gone = self.platform.group_members().remove_group_member(call(cx, asked)).await;
        gone.map(tonic::Response::into_inner)
    }

    pub(crate) async fn approve(&self, cx: &Cx, user_id: &str) -> Outcome {
        let asked = ApproveGroupMemberRequest {
            community_id: self.community_id.into(),
            team_id: self.team_id.into(),
            user_id: user_id.into(),
        };
        let let_in = self.platform.group_members().approve_group_member(call(cx, asked)).await;
        let_in.map(tonic::Response::into_inner)
    }

    async fn decline(&self, cx: &Cx, user_id: &str) -> Outcome {
        let asked = DeclineGroupMemberRequest {
            community_id: self.community_id.into(),
            team_id: self.team_id.into(),
            user_id: user_id.into(),
        };
        let out = self.platform.group_members().decline_group_member(call(cx, asked)).await;
        out.map(tonic::Response::into_inner)
    }

    pub(crate) async fn join(&self, cx: &Cx) -> Outcome {
        let asked = JoinGroupRequest {
            community_id: self.community_id.into(),
            team_id: self.team_id.into(),
        };
        let joined = self.platform.group_members().join_group(call(cx, asked)).await;
        joined.map(tonic::Response::into_inner)
    }

    pub(crate) async fn leave(&self, cx: &Cx) -> Outcome {
        let asked = LeaveGroupRequest {
            community_id: self.community_id.into(),
            team_id: self.team_id.into(),
        };
        let left = self.platform.group_members().leave_group(call(cx, asked)).await;
        left.map(tonic::Response::into_inner)
    }

    pub(crate) async fn get(&self, cx: &Cx, user_id: &str) -> Outcome {
        let asked = GetGroupMemberRequest {
            community_id: self.community_id.into(),
            team_id: self.team_id.into(),
            user_id: user_id.into(),
        };
        let found = self.platform.group_members().get_group_member(call(cx, asked)).await;
        found.map(tonic::Response::into_inner)
    }

    async fn list(&self, cx: &Cx, status: &str) -> Vec<String> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let asked = ListGroupMembersRequest {
                community_id: self.community_id.into(),
                team_id: self.team_id.into(),
                status: status.into(),
                page_size: 2,
                page_token,
            };
            let page = self.platform.group_members().list_group_members(call(cx, asked)).await;
            let page = page.expect("lists").into_inner();
            all.extend(page.members.into_iter().map(|member| member.user_id));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }
}

pub(crate) const fn community<'a>(platform: &'a Platform, id: &'a str) -> At<'a> {
    At { platform, community_id: id, team_id: "" }
}

pub(crate) const fn team<'a>(platform: &'a Platform, id: &'a str) -> At<'a> {
    At { platform, community_id: "", team_id: id }
}

/// A member of the tenant, and the context in which they act without rights.
pub(crate) async fn member(platform: &Platform, here: TenantId, name: &str) -> (String, Cx) {
    let user_id = platform.admit(here, &format!("{name}@example.com")).await.user_id;
    let id = user_id.parse().expect("an id");
    (user_id, platform.person(id, Some(here), &[]))
}

pub(crate) fn status(outcome: &Outcome) -> (&str, bool) {
    outcome.as_ref().map_or(("refused", false), |member| (&member.status, member.member))
}

#[tokio::test]
async fn each_way_of_joining_lets_in_as_it_says() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.runner(here);
    let (ann, as_ann) = member(&platform, here, "ann").await;
    let open = make_community(&platform, &boss, "open").await;
    let asks = make_community(&platform, &boss, "request").await;
    let shut = make_community(&platform, &boss, "invitation").await;
    for _ in 0..2 {
        assert_eq!(status(&community(&platform, &open).join(&as_ann).await), ("active", true));
        assert_eq!(status(&community(&platform, &asks).join(&as_ann).await), ("pending", false));
    }
    let refused = community(&platform, &shut).join(&as_ann).await.expect_err("nobody joins");
    assert_eq!(reason(&refused), "invitation_only");
    let asked = community(&platform, &asks);
    assert_eq!(asked.list(&boss, "pending").await, std::slice::from_ref(&ann));
    assert_eq!(status(&asked.decline(&boss, &ann).await), ("declined", false));
    let late = asked.approve(&boss, &ann).await.expect_err("was declined");
    assert_eq!(reason(&late), "not_pending");
    assert_eq!(status(&asked.join(&as_ann).await), ("pending", false), "and asks again");
    for _ in 0..2 {
        assert_eq!(status(&asked.approve(&boss, &ann).await), ("active", true));
    }
    let added = community(&platform, &shut).add_as(&boss, &ann, "lead").await;
    assert_eq!(added.expect("adds").role_hint, "lead");
    let kept = community(&platform, &shut).add(&boss, &ann).await.expect("stands");
    assert_eq!(kept.role_hint, "lead", "what is not said stays");
    let told = "select count(*) from outbox where kind = 'user.group_member.changed'";
    assert_eq!(platform.database.count(told).await, 6);
    let audited = "select count(*) from audit_events where action like 'group_member.%'";
    assert_eq!(platform.database.count(audited).await, 6);
}

#[tokio::test]
async fn whom_somebody_removed_asks_where_others_walk_in() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.runner(here);
    let (ann, as_ann) = member(&platform, here, "ann").await;
    let id = make_community(&platform, &boss, "open").await;
    let open = community(&platform, &id);
    open.join(&as_ann).await.expect("joins");
    for _ in 0..2 {
        assert_eq!(status(&open.leave(&as_ann).await), ("left", false));
    }
    assert_eq!(status(&open.join(&as_ann).await), ("active", true));
    for _ in 0..2 {
        assert_eq!(status(&open.remove(&boss, &ann).await), ("removed", false));
    }
    assert_eq!(status(&open.leave(&as_ann).await), ("removed", false), "which stays so");
    assert_eq!(status(&open.join(&as_ann).await), ("pending", false));
    assert_eq!(status(&open.add(&boss, &ann).await), ("active", true));
}

#[tokio::test]
async fn only_members_of_a_community_are_in_its_teams() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.runner(here);
    let (ann, as_ann) = member(&platform, here, "ann").await;
    let id = make_community(&platform, &boss, "open").await;
    let inner = make_team(&platform, &boss, &id).await;
    let alone = make_team(&platform, &boss, "").await;
    let refused = team(&platform, &inner).add(&boss, &ann).await.expect_err("not in it");
    assert_eq!(reason(&refused), "not_in_community");
    team(&platform, &alone).add(&boss, &ann).await.expect("belongs to no community");
    for leaves in [true, false] {
        community(&platform, &id).add(&boss, &ann).await.expect("adds");
        team(&platform, &inner).add(&boss, &ann).await.expect("adds");
        let ended = match leaves {
            true => community(&platform, &id).leave(&as_ann).await,
            false => community(&platform, &id).remove(&boss, &ann).await,
        };
        let expected = if leaves { "left" } else { "removed" };
        assert_eq!(status(&ended), (expected, false));
        let there = team(&platform, &inner).get(&boss, &ann).await;
        assert_eq!(status(&there), (expected, false));
    }
    assert_eq!(status(&team(&platform, &alone).get(&boss, &ann).await), ("active", true));
}

#[tokio::test]
async fn a_pause_of_the_membership_rests_in_its_groups_and_its_end_ends_them() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.runner(here);
    let (ann, _) = member(&platform, here, "ann").await;
    let id = make_community(&platform, &boss, "open").await;
    let at = community(&platform, &id);
    at.add(&boss, &ann).await.expect("adds");
    let note = String::new;
    let admin = platform.admin(here);
    let pause = DisableMemberRequest { user_id: ann.clone(), note: note() };
    platform.memberships().disable_member(call(&admin, pause)).await.expect("pauses");
    assert_eq!(status(&at.get(&boss, &ann).await), ("suspended", false));
    let other = make_community(&platform, &boss, "open").await;
    let refused = community(&platform, &other).add(&boss, &ann).await.expect_err("is paused");
    assert_eq!(reason(&refused), "not_active");
    let go_on = EnableMemberRequest { user_id: ann.clone(), note: note() };
    platform.memberships().enable_member(call(&admin, go_on)).await.expect("goes on");
    assert_eq!(status(&at.get(&boss, &ann).await), ("active", true));
    let archive = ArchiveGroupRequest { community_id: id.clone(), ..Default::default() };
    platform.groups().archive_group(call(&boss, archive)).await.expect("archives");
    assert_eq!(status(&at.get(&boss, &ann).await), ("suspended", false));
    let remove = RemoveMemberRequest { user_id: ann.clone(), note: note() };
    platform.memberships().remove_member(call(&admin, remove)).await.expect("removes");
    assert_eq!(status(&at.get(&boss, &ann).await), ("left", false));
    platform.admit(here, "ann@example.com").await;
    assert_eq!(status(&at.get(&boss, &ann).await), ("left", false), "nothing comes back by itself");
}

#[tokio::test]
async fn members_are_told_page_by_page_and_groups_of_a_person_in_one_call() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.runner(here);
    let id = make_community(&platform, &boss, "open").await;
    let asks = make_community(&platform, &boss, "request").await;
    let none = make_community(&platform, &boss, "open").await;
    let (ann, as_ann) = member(&platform, here, "ann").await;
    let mut all = vec![ann.clone()];
    for n in 0..4 {
        all.push(member(&platform, here, &format!("m{n}")).await.0);
    }
    for user_id in &all {
        community(&platform, &id).add(&boss, user_id).await.expect("adds");
    }
    community(&platform, &asks).join(&as_ann).await.expect("asks");
    all.sort();
    assert_eq!(community(&platform, &id).list(&boss, "").await, all);
    assert!(community(&platform, &id).list(&boss, "left").await.is_empty());
    let groups_of = |group_ids: &[&String]| ListGroupsOfMemberRequest {
        user_id: ann.clone(),
        group_ids: group_ids.iter().map(|&id| id.clone()).collect(),
        ..Default::default()
    };
    let mut events = GroupMembersClient::new(platform.service("events"));
    for (named, expected) in [
        (vec![], vec![(id.clone(), "active"), (asks.clone(), "pending")]),
        (vec![&none, &id], vec![(id.clone(), "active")]),
        (vec![&none], vec![]),
    ] {
        let asked = call(&platform.of("events", here), groups_of(&named));
        let told = events.list_groups_of_member(asked).await.expect("lists").into_inner();
        let told: Vec<_> =
            told.groups.iter().map(|one| (one.group_id.clone(), one.status.as_str())).collect();
        assert_eq!(told, expected);
    }
    let mine = call(&as_ann, ListMyGroupsRequest::default());
    let mine = platform.group_members().list_my_groups(mine).await;
    assert_eq!(mine.expect("lists").into_inner().groups.len(), 2);
    let many = groups_of(&vec![&id; 251]);
    let refused = platform.group_members().list_groups_of_member(call(&boss, many)).await;
    assert_eq!(fields(&refused.expect_err("too many")), ["groupIds"]);
}

#[tokio::test]
async fn who_is_nobody_here_is_missing_and_bad_words_name_their_field() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let (boss, theirs) = (platform.runner(here), platform.runner(there));
    let (ann, _) = member(&platform, here, "ann").await;
    let stranger = platform.admit(there, "bob@example.com").await.user_id;
    let id = make_community(&platform, &boss, "open").await;
    let at = community(&platform, &id);
    let never = at.get(&boss, &ann).await.expect_err("has nothing to do with it");
    assert_eq!(reason(&never), "group_member_not_found");
    for refused in [at.remove(&boss, &ann).await, at.approve(&boss, &ann).await] {
        assert_eq!(reason(&refused.expect_err("never was")), "group_member_not_found");
    }
    for nobody in [&stranger, &Uuid::now_v7().to_string()] {
        let missing = at.add(&boss, nobody).await.expect_err("nobody here");
        assert_eq!(reason(&missing), "person_not_found");
    }
    at.add(&boss, &ann).await.expect("adds");
    for missing in [at.get(&theirs, &ann).await, at.add(&theirs, &stranger).await] {
        assert_eq!(reason(&missing.expect_err("another tenant's")), "group_not_found");
    }
    let change = |action: &str, hint: &str| ChangeGroupMemberRequest {
        community_id: id.clone(),
        user_id: ann.clone(),
        action: action.into(),
        role_hint: hint.into(),
        ..Default::default()
    };
    for (wish, field) in [
        (change("", ""), "action"),
        (change("ADD", ""), "action"),
        (change("add", "Big Boss"), "roleHint"),
        (ChangeGroupMemberRequest { user_id: "ann".into(), ..change("add", "") }, "userId"),
    ] {
        let refused = platform.group_members().change_group_member(call(&boss, wish)).await;
        assert_eq!(fields(&refused.expect_err(field)), [field]);
    }
    for (action, expected) in [("remove", "removed"), ("add", "active")] {
        let asked = call(&boss, change(action, ""));
        let changed = platform.group_members().change_group_member(asked).await;
        assert_eq!(changed.expect("changes").into_inner().status, expected);
    }
}

#[tokio::test]
async fn of_many_who_add_and_end_at_once_none_leaves_a_member_behind() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.runner(here);
    let id = make_community(&platform, &boss, "open").await;
    let inner = make_team(&platform, &boss, &id).await;
    let (ann, as_ann) = member(&platform, here, "ann").await;
    community(&platform, &id).add(&boss, &ann).await.expect("adds");
    let adding = (0..8).map(async |_| _ = team(&platform, &inner).add(&boss, &ann).await);
    let leaving = async { _ = community(&platform, &id).leave(&as_ann).await };
    futures::join!(join_all(adding), leaving);
    let astray = "select count(*) from group_members gm join groups g using (tenant_id, group_id)
                  where g.community_id is not null and gm.status = 'active' and not exists (
                      select from group_members c where c.group_id = g.community_id
                        and c.user_id = gm.user_id and c.status = 'active')";
    assert_eq!(platform.database.count(astray).await, 0);
}
