//! `usher.user.v1.GroupMembers`.

use kernel::{Cx, GroupId, PageSize};
use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse, required, timestamp,
    user::v1::{
        AddGroupMemberRequest, ApproveGroupMemberRequest, ChangeGroupMemberRequest,
        DeclineGroupMemberRequest, GetGroupMemberRequest, GroupMember, JoinGroupRequest,
        LeaveGroupRequest, ListGroupMembersRequest, ListGroupMembersResponse,
        ListGroupsOfMemberRequest, ListGroupsOfMemberResponse, ListMyGroupsRequest,
        ListMyGroupsResponse, RemoveGroupMemberRequest, group_members_server::GroupMembers,
    },
};

use super::{groups::key, optional_id, tenant};
use crate::{
    App,
    domain::{self, GroupMemberStatus, GroupStep, role_hint},
    ops,
};

/// How many groups one call may name.
const MOST: usize = 250;

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

/// Whom a request is about, and where.
struct Place<'a> {
    community_id: &'a str,
    team_id: &'a str,
    user_id: &'a str,
}

impl Rpc {
    async fn turn(
        &self,
        cx: &Cx,
        place: Place<'_>,
        step: GroupStep,
        hint: Option<&str>,
    ) -> Result<Response<GroupMember>, Status> {
        let wish = ops::TurnGroupMember {
            key: key(place.community_id, place.team_id)?,
            user_id: id("userId", place.user_id)?,
            step,
            role_hint: hint.map(|hint| parse("roleHint", hint, role_hint)).transpose()?,
        };
        let member = ops::turn_group_member(&self.0, cx, tenant(cx)?, wish).await;
        Ok(Response::new(member.map_err(refuse)?.into()))
    }
}

/// `Place` of a request that names a person.
macro_rules! place {
    ($asked:expr) => {
        Place {
            community_id: &$asked.community_id,
            team_id: &$asked.team_id,
            user_id: &$asked.user_id,
        }
    };
}

#[tonic::async_trait]
impl GroupMembers for Rpc {
    async fn add_group_member(
        &self,
        request: Request<AddGroupMemberRequest>,
    ) -> Result<Response<GroupMember>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        self.turn(&cx, place!(asked), GroupStep::Add, given(&asked.role_hint)).await
    }

    async fn change_group_member(
        &self,
        request: Request<ChangeGroupMemberRequest>,
    ) -> Result<Response<GroupMember>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        let step = parse("action", &asked.action, |word| match word {
            "add" => Ok(GroupStep::Add),
            "remove" => Ok(GroupStep::Remove),
            _ => Err("is none of add, remove"),
        })?;
        self.turn(&cx, place!(asked), step, given(&asked.role_hint)).await
    }

    async fn remove_group_member(
        &self,
        request: Request<RemoveGroupMemberRequest>,
    ) -> Result<Response<GroupMember>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        self.turn(&cx, place!(asked), GroupStep::Remove, None).await
    }

    async fn get_group_member(
        &self,
        request: Request<GetGroupMemberRequest>,
    ) -> Result<Response<GroupMember>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let asked = request.into_inner();
        let key = key(&asked.community_id, &asked.team_id)?;
        let user_id = id("userId", &asked.user_id)?;
        let member = ops::get_group_member(&self.0, tenant, key, user_id).await;
        Ok(Response::new(member.map_err(refuse)?.into()))
    }

    async fn list_group_members(
        &self,
        request: Request<ListGroupMembersRequest>,
    ) -> Result<Response<ListGroupMembersResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let asked = request.into_inner();
        let key = key(&asked.community_id, &asked.team_id)?;
        let status = parse("status", &asked.status, status)?;
        let size = PageSize::from_wire(asked.page_size);
        let after = optional_id("pageToken", &asked.page_token)?;
        let page = ops::list_group_members(&self.0, tenant, key, status, size, after).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListGroupMembersResponse {
            members: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn join_group(
        &self,
        request: Request<JoinGroupRequest>,
    ) -> Result<Response<GroupMember>, Status> {
        let (cx, asked) = (wire::cx(&request)?, request.into_inner());
        let me = required("user", cx.user())?.to_string();
        let place =
            Place { community_id: &asked.community_id, team_id: &asked.team_id, user_id: &me };
        self.turn(&cx, place, GroupStep::Join, None).await
    }

    async fn leave_group(
        &self,
        request: Request<LeaveGroupRequest>,
    ) -> Result<Response<GroupMember>, Status> {
        let (cx, asked) = (wire::cx(&request)?, request.into_inner());
        let me = required("user", cx.user())?.to_string();
        let place =
            Place { community_id: &asked.community_id, team_id: &asked.team_id, user_id: &me };
        self.turn(&cx, place, GroupStep::Leave, None).await
    }

    async fn approve_group_member(
        &self,
        request: Request<ApproveGroupMemberRequest>,
    ) -> Result<Response<GroupMember>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        self.turn(&cx, place!(asked), GroupStep::Approve, None).await
    }

    async fn decline_group_member(
        &self,
        request: Request<DeclineGroupMemberRequest>,
    ) -> Result<Response<GroupMember>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        self.turn(&cx, place!(asked), GroupStep::Decline, None).await
    }

    async fn list_groups_of_member(
        &self,
        request: Request<ListGroupsOfMemberRequest>,
    ) -> Result<Response<ListGroupsOfMemberResponse>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        let user_id = id("userId", &asked.user_id)?;
        let only = only(&asked.group_ids)?;
        let size = match only.is_empty() {
            true => PageSize::from_wire(asked.page_size),
            false => PageSize::from_wire(i32::try_from(only.len()).unwrap_or(i32::MAX)),
        };
        let after = optional_id("pageToken", &asked.page_token)?;
        let page =
            ops::list_groups_of(&self.0, &cx, tenant(&cx)?, user_id, &only, size, after).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListGroupsOfMemberResponse {
            groups: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn list_my_groups(
        &self,
        request: Request<ListMyGroupsRequest>,
    ) -> Result<Response<ListMyGroupsResponse>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        let me = required("user", cx.user())?;
        let size = PageSize::from_wire(asked.page_size);
        let after = optional_id("pageToken", &asked.page_token)?;
        let page = ops::list_groups_of(&self.0, &cx, tenant(&cx)?, me, &[], size, after).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListMyGroupsResponse {
            groups: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }
}

/// What is not said stays.
fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn only(ids: &[String]) -> Result<Vec<GroupId>, Status> {
    if ids.len() > MOST {
        parse("groupIds", "", |_| Err::<(), _>("must hold at most 250"))?;
    }
    ids.iter().map(|text| id("groupIds", text)).collect()
}

/// Who is listed: members unless told.
fn status(word: &str) -> Result<GroupMemberStatus, &'static str> {
    match GroupMemberStatus::parse(word) {
        None if word.is_empty() => Ok(GroupMemberStatus::Active),
        Some(status) if status != GroupMemberStatus::Suspended => Ok(status),
        _ => Err("is none of active, pending, declined, removed, left"),
    }
}

impl From<domain::GroupMember> for GroupMember {
    fn from(member: domain::GroupMember) -> Self {
        let status = member.status();
        Self {
            member: status == GroupMemberStatus::Active,
            group_id: member.group_id.to_string(),
            kind: member.kind.to_string(),
            user_id: member.user_id.to_string(),
            status: status.to_string(),
            role_hint: member.role_hint,
            name: member.name.to_string(),
            since: Some(timestamp(member.since)),
        }
    }
}
