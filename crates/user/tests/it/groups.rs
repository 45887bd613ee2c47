//! Communities and teams: made, shown, changed, archived and listed.

use std::time::Duration;

use kernel::{Cx, TenantId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        ArchiveGroupRequest, CreateCommunityRequest, CreateTeamRequest, GetGroupRequest, Group,
        ListCommunitiesRequest, ListTeamsRequest, RestoreGroupRequest, UpdateGroupRequest,
    },
};

use crate::platform::{Platform, fields, keyed, reason, tenant};

pub(crate) fn community(name: &str) -> CreateCommunityRequest {
    CreateCommunityRequest { name: name.into(), ..Default::default() }
}

pub(crate) async fn make_community(platform: &Platform, cx: &Cx, join_policy: &str) -> String {
    let wish = CreateCommunityRequest { join_policy: join_policy.into(), ..community("Runners") };
    // So that ids are in the order of making.
    platform.clock.advance(Duration::from_millis(1));
    let made = platform.groups().create_community(call(cx, wish)).await.expect("makes");
    made.into_inner().group_id
}

pub(crate) async fn make_team(platform: &Platform, cx: &Cx, community_id: &str) -> String {
    let wish = CreateTeamRequest {
        community_id: community_id.into(),
        name: "Sprinters".into(),
        ..Default::default()
    };
    platform.clock.advance(Duration::from_millis(1));
    let made = platform.groups().create_team(call(cx, wish)).await.expect("makes");
    made.into_inner().group_id
}

async fn get(
    platform: &Platform,
    cx: &Cx,
    community_id: &str,
    team_id: &str,
) -> Result<Group, Status> {
    let asked = GetGroupRequest { community_id: community_id.into(), team_id: team_id.into() };
    platform.groups().get_group(call(cx, asked)).await.map(tonic::Response::into_inner)
}

async fn archive(
    platform: &Platform,
    cx: &Cx,
    community_id: &str,
    team_id: &str,
) -> Result<Group, Status> {
    let asked = ArchiveGroupRequest { community_id: community_id.into(), team_id: team_id.into() };
    platform.groups().archive_group(call(cx, asked)).await.map(tonic::Response::into_inner)
}

async fn restore(
    platform: &Platform,
    cx: &Cx,
    community_id: &str,
    team_id: &str,
) -> Result<Group, Status> {
    let asked = RestoreGroupRequest { community_id: community_id.into(), team_id: team_id.into() };
    platform.groups().restore_group(call(cx, asked)).await.map(tonic::Response::into_inner)
}

fn update(community_id: &str) -> UpdateGroupRequest {
    UpdateGroupRequest { community_id: community_id.into(), ..Default::default() }
}

#[tokio::test]
async fn a_group_is_made_once_for_a_key_and_found_as_what_it_is() {
    let (platform, here) = (Platform::start().await, tenant());
    let cx = platform.runner(here);
    let mut made = Vec::new();
    for _ in 0..2 {
        let asked = keyed(&cx, "once", community("Runners"));
        made.push(platform.groups().create_community(asked).await.expect("makes").into_inner());
    }
    assert_eq!(made[0], made[1]);
    let other = keyed(&cx, "once", community("Swimmers"));
    let refused = platform.groups().create_community(other).await.expect_err("another wish");
    assert_eq!(reason(&refused), "idempotency_key_reused");
    let id = &made[0].group_id;
    assert_eq!((made[0].kind.as_str(), made[0].join_policy.as_str()), ("community", "invitation"));
    let team = make_team(&platform, &cx, id).await;
    let alone = make_team(&platform, &cx, "").await;
    assert_eq!(get(&platform, &cx, "", &team).await.expect("shows").community_id, *id);
    assert_eq!(get(&platform, &cx, id, &team).await.expect("there").group_id, team);
    // As the other kind, or in a community that it is not of, it is missing.
    for (community_id, team_id) in [
        (team.as_str(), ""),
        ("", id.as_str()),
        (id, alone.as_str()),
        (&Uuid::now_v7().to_string(), ""),
    ] {
        let missing = get(&platform, &cx, community_id, team_id).await.expect_err("missing");
        assert_eq!(reason(&missing), "group_not_found", "{community_id} {team_id}");
    }
    let told = "select count(*) from outbox where kind = 'user.group.created'";
    assert_eq!(platform.database.count(told).await, 3);
}

#[tokio::test]
async fn what_a_group_says_of_itself_changes_and_bad_words_name_their_field() {
    let (platform, here) = (Platform::start().await, tenant());
    let cx = platform.runner(here);
    let id = make_community(&platform, &cx, "").await;
    let wish = UpdateGroupRequest {
        name: Some("Walkers".into()),
        join_policy: Some("open".into()),
        ..update(&id)
    };
    for _ in 0..2 {
        let changed = platform.groups().update_group(call(&cx, wish.clone())).await;
        let changed = changed.expect("changes").into_inner();
        assert_eq!((changed.name.as_str(), changed.join_policy.as_str()), ("Walkers", "open"));
    }
    let told = "select count(*) from outbox where kind = 'user.group.changed'";
    assert_eq!(platform.database.count(told).await, 1, "a repeat changes nothing");
    for (wish, field) in [
        (UpdateGroupRequest { name: Some(" ".into()), ..update(&id) }, "name"),
        (UpdateGroupRequest { description: Some("a\0".into()), ..update(&id) }, "description"),
        (UpdateGroupRequest { join_policy: Some("secret".into()), ..update(&id) }, "joinPolicy"),
        (UpdateGroupRequest { join_policy: Some(String::new()), ..update(&id) }, "joinPolicy"),
        (update("runners"), "communityId"),
        (update(""), "communityId"),
        (UpdateGroupRequest { team_id: "one".into(), ..update("") }, "teamId"),
    ] {
        let refused = platform.groups().update_group(call(&cx, wish)).await.expect_err(field);
        assert_eq!(fields(&refused), [field]);
    }
    for (wish, field) in [
        (community(""), "name"),
        (CreateCommunityRequest { description: "я".repeat(2001), ..community("A") }, "description"),
        (CreateCommunityRequest { join_policy: "Open".into(), ..community("A") }, "joinPolicy"),
    ] {
        let refused = platform.groups().create_community(call(&cx, wish)).await.expect_err(field);
        assert_eq!(fields(&refused), [field]);
    }
    for (community_id, why) in [("team", ""), (&Uuid::now_v7().to_string(), "group_not_found")] {
        let wish = CreateTeamRequest {
            community_id: community_id.into(),
            name: "A".into(),
            ..Default::default()
        };
        let refused = platform.groups().create_team(call(&cx, wish)).await.expect_err("refused");
        match why {
            "" => assert_eq!(fields(&refused), ["communityId"]),
            why => assert_eq!(reason(&refused), why),
        }
    }
}

#[tokio::test]
async fn a_community_goes_to_the_archive_with_its_teams_and_each_comes_back_by_itself() {
    let (platform, here) = (Platform::start().await, tenant());
    let cx = platform.runner(here);
    let id = make_community(&platform, &cx, "").await;
    let team = make_team(&platform, &cx, &id).await;
    for _ in 0..2 {
        assert_eq!(archive(&platform, &cx, &id, "").await.expect("archives").status, "archived");
    }
    assert_eq!(get(&platform, &cx, "", &team).await.expect("shows").status, "archived");
    let wish = UpdateGroupRequest { name: Some("B".into()), ..update(&id) };
    let rests = platform.groups().update_group(call(&cx, wish)).await.expect_err("rests");
    assert_eq!(reason(&rests), "group_archived");
    let early = restore(&platform, &cx, "", &team).await.expect_err("its community rests");
    assert_eq!(reason(&early), "community_archived");
    assert_eq!(restore(&platform, &cx, &id, "").await.expect("restores").status, "active");
    assert_eq!(get(&platform, &cx, "", &team).await.expect("shows").status, "archived");
    assert_eq!(restore(&platform, &cx, "", &team).await.expect("restores").status, "active");
    let told = "select count(*) from outbox where kind = 'user.group.changed'";
    assert_eq!(platform.database.count(told).await, 4);
}

async fn teams(
    platform: &Platform,
    cx: &Cx,
    community_id: &str,
    status: &str,
) -> Result<Vec<String>, Status> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = ListTeamsRequest {
            community_id: community_id.into(),
            status: status.into(),
            page_size: 2,
            page_token,
        };
        let page = platform.groups().list_teams(call(cx, asked)).await?.into_inner();
        all.extend(page.teams.into_iter().map(|team| team.group_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

#[tokio::test]
async fn groups_are_listed_page_by_page_by_kind_community_and_status() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let cx = platform.runner(here);
    let id = make_community(&platform, &cx, "").await;
    let other = make_community(&platform, &cx, "").await;
    let mut own = Vec::new();
    for _ in 0..5 {
        own.push(make_team(&platform, &cx, &id).await);
    }
    let alone = make_team(&platform, &cx, "").await;
    assert_eq!(teams(&platform, &cx, &id, "").await.expect("lists"), own);
    assert_eq!(teams(&platform, &cx, "", "").await.expect("lists").len(), 6);
    assert!(teams(&platform, &cx, &other, "").await.expect("lists").is_empty());
    archive(&platform, &cx, "", &alone).await.expect("archives");
    assert_eq!(teams(&platform, &cx, "", "archived").await.expect("lists"), [alone]);
    assert_eq!(teams(&platform, &cx, "", "").await.expect("lists"), own);
    let asked = call(&cx, ListCommunitiesRequest::default());
    let listed = platform.groups().list_communities(asked).await.expect("lists").into_inner();
    assert_eq!(listed.communities.len(), 2);
    let gone = teams(&platform, &cx, "", "gone").await.expect_err("no such status");
    assert_eq!(fields(&gone), ["status"]);
    // Another tenant's are as missing as those that never were.
    let theirs = platform.runner(there);
    assert!(teams(&platform, &theirs, "", "").await.expect("lists").is_empty());
    for missing in [
        teams(&platform, &theirs, &id, "").await.map(|_| ()),
        get(&platform, &theirs, &id, "").await.map(|_| ()),
        archive(&platform, &theirs, "", &own[0]).await.map(|_| ()),
    ] {
        assert_eq!(reason(&missing.expect_err("missing")), "group_not_found");
    }
}

#[tokio::test]
async fn whoever_only_reads_changes_nothing() {
    let (platform, here) = (Platform::start().await, tenant());
    let id = make_community(&platform, &platform.runner(here), "").await;
    let reader = reader(&platform, here);
    assert_eq!(get(&platform, &reader, &id, "").await.expect("shows").status, "active");
    let refused = archive(&platform, &reader, &id, "").await.expect_err("no right");
    assert_eq!(reason(&refused), "permission_denied");
    let asked = call(&reader, community("Mine"));
    let refused = platform.groups().create_community(asked).await.expect_err("no right");
    assert_eq!(reason(&refused), "permission_denied");
}

fn reader(platform: &Platform, here: TenantId) -> Cx {
    platform.person(Uuid::now_v7().into(), Some(here), &["user.groups.read"])
}
