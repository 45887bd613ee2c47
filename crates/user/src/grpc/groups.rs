//! `usher.user.v1.Groups`.

use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, repeatable, required, timestamp,
    user::v1::{
        ArchiveGroupRequest, CreateCommunityRequest, CreateTeamRequest, GetGroupRequest, Group,
        ListCommunitiesRequest, ListCommunitiesResponse, ListTeamsRequest, ListTeamsResponse,
        RestoreGroupRequest, UpdateGroupRequest, groups_server::Groups,
    },
};

use super::{optional_id, tenant};
use crate::{
    App,
    domain::{self, GroupKey, GroupKind, GroupStatus, GroupWish, JoinPolicy, description},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Groups for Rpc {
    async fn create_community(
        &self,
        request: Request<CreateCommunityRequest>,
    ) -> Result<Response<Group>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let (cx, fingerprint) = repeatable(cx, "", &request)?;
        let command = ops::CreateGroup {
            kind: GroupKind::Community,
            community_id: None,
            name: parse("name", &request.name, domain::title)?,
            description: parse("description", &request.description, description)?,
            join_policy: parse("joinPolicy", &request.join_policy, join_policy)?,
            fingerprint,
        };
        let group = ops::create_group(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new(group.map_err(refuse)?.into()))
    }

    async fn list_communities(
        &self,
        request: Request<ListCommunitiesRequest>,
    ) -> Result<Response<ListCommunitiesResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let wanted = ops::ListGroups {
            kind: GroupKind::Community,
            community_id: None,
            status: parse("status", &request.status, status)?,
            size: PageSize::from_wire(request.page_size),
            after: optional_id("pageToken", &request.page_token)?,
        };
        let page = ops::list_groups(&self.0, tenant, wanted).await.map_err(refuse)?;
        Ok(Response::new(ListCommunitiesResponse {
            communities: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn create_team(
        &self,
        request: Request<CreateTeamRequest>,
    ) -> Result<Response<Group>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let (cx, fingerprint) = repeatable(cx, "", &request)?;
        let command = ops::CreateGroup {
            kind: GroupKind::Team,
            community_id: optional_id("communityId", &request.community_id)?,
            name: parse("name", &request.name, domain::title)?,
            description: parse("description", &request.description, description)?,
            join_policy: parse("joinPolicy", &request.join_policy, join_policy)?,
            fingerprint,
        };
        let group = ops::create_group(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new(group.map_err(refuse)?.into()))
    }

    async fn list_teams(
        &self,
        request: Request<ListTeamsRequest>,
    ) -> Result<Response<ListTeamsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let wanted = ops::ListGroups {
            kind: GroupKind::Team,
            community_id: optional_id("communityId", &request.community_id)?,
            status: parse("status", &request.status, status)?,
            size: PageSize::from_wire(request.page_size),
            after: optional_id("pageToken", &request.page_token)?,
        };
        let page = ops::list_groups(&self.0, tenant, wanted).await.map_err(refuse)?;
        Ok(Response::new(ListTeamsResponse {
            teams: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_group(
        &self,
        request: Request<GetGroupRequest>,
    ) -> Result<Response<Group>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let key = key(&request.community_id, &request.team_id)?;
        let group = ops::get_group(&self.0, tenant, key).await.map_err(refuse)?;
        Ok(Response::new(group.into()))
    }

    async fn update_group(
        &self,
        request: Request<UpdateGroupRequest>,
    ) -> Result<Response<Group>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let key = key(&request.community_id, &request.team_id)?;
        let said = request.description.as_deref();
        let wish = GroupWish {
            name: request.name.map(|name| parse("name", &name, domain::title)).transpose()?,
            description: said.map(|text| parse("description", text, description)).transpose()?,
            join_policy: request
                .join_policy
                .map(|word| parse("joinPolicy", &word, named_policy))
                .transpose()?,
        };
        let group = ops::update_group(&self.0, &cx, tenant(&cx)?, key, wish).await;
        Ok(Response::new(group.map_err(refuse)?.into()))
    }

    async fn archive_group(
        &self,
        request: Request<ArchiveGroupRequest>,
    ) -> Result<Response<Group>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let key = key(&request.community_id, &request.team_id)?;
        let group = ops::turn_group(&self.0, &cx, tenant(&cx)?, key, GroupStatus::Archived).await;
        Ok(Response::new(group.map_err(refuse)?.into()))
    }

    async fn restore_group(
        &self,
        request: Request<RestoreGroupRequest>,
    ) -> Result<Response<Group>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let key = key(&request.community_id, &request.team_id)?;
        let group = ops::turn_group(&self.0, &cx, tenant(&cx)?, key, GroupStatus::Active).await;
        Ok(Response::new(group.map_err(refuse)?.into()))
    }
}

/// The group that a request names: a team (in a community, where both are given), else a community.
pub(super) fn key(community_id: &str, team_id: &str) -> Result<GroupKey, Status> {
    let community_id = optional_id("communityId", community_id)?;
    match optional_id("teamId", team_id)? {
        Some(group_id) => Ok(GroupKey { kind: Some(GroupKind::Team), group_id, community_id }),
        None => required("communityId", community_id).map(GroupKey::community),
    }
}

/// A way of joining; members are added unless told.
fn join_policy(word: &str) -> Result<JoinPolicy, &'static str> {
    match word {
        "" => Ok(JoinPolicy::Invitation),
        word => named_policy(word),
    }
}

fn named_policy(word: &str) -> Result<JoinPolicy, &'static str> {
    JoinPolicy::parse(word).ok_or("is none of open, request, invitation")
}

/// Which groups are listed: those in use unless told.
fn status(word: &str) -> Result<GroupStatus, &'static str> {
    match word {
        "" => Ok(GroupStatus::Active),
        word => GroupStatus::parse(word).ok_or("is none of active, archived"),
    }
}

impl From<domain::Group> for Group {
    fn from(group: domain::Group) -> Self {
        Self {
            group_id: group.group_id.to_string(),
            kind: group.kind.to_string(),
            community_id: group.community_id.map(|id| id.to_string()).unwrap_or_default(),
            name: group.name,
            description: group.description,
            join_policy: group.join_policy.to_string(),
            status: group.status.to_string(),
            created_at: Some(timestamp(group.created_at)),
            changed_at: Some(timestamp(group.changed_at)),
        }
    }
}
