//! `usher.user.v1.Groups`.

use kernel::{Cx, GroupId, PageSize};
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

/// What people say of a group that is made.
struct Said<'a> {
    name: &'a str,
    description: &'a str,
    join_policy: &'a str,
}

/// Which groups a list shows, and which page of them.
struct Wanted<'a> {
    status: &'a str,
    page_size: i32,
    page_token: &'a str,
}

impl Rpc {
    /// Makes a community, or a team in one or in none.
    async fn create(
        &self,
        (cx, fingerprint): (Cx, Vec<u8>),
        kind: GroupKind,
        community_id: Option<GroupId>,
        said: Said<'_>,
    ) -> Result<Response<Group>, Status> {
        let command = ops::CreateGroup {
            kind,
            community_id,
            name: parse("name", said.name, domain::title)?,
            description: parse("description", said.description, description)?,
            join_policy: parse("joinPolicy", said.join_policy, join_policy)?,
            fingerprint,
        };
        let group = ops::create_group(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new(group.map_err(refuse)?.into()))
    }

    /// A page of groups, and where the next one begins.
    async fn list(
        &self,
        cx: &Cx,
        kind: GroupKind,
        community_id: Option<GroupId>,
        wanted: Wanted<'_>,
    ) -> Result<(Vec<Group>, String), Status> {
        let wanted = ops::ListGroups {
            kind,
            community_id,
            status: parse("status", wanted.status, status)?,
            size: PageSize::from_wire(wanted.page_size),
            after: optional_id("pageToken", wanted.page_token)?,
        };
        let page = ops::list_groups(&self.0, tenant(cx)?, wanted).await.map_err(refuse)?;
        let groups = page.items.into_iter().map(Into::into).collect();
        Ok((groups, page.next.unwrap_or_default()))
    }

    /// Archives a group or brings it back.
    async fn turn(
        &self,
        cx: &Cx,
        key: GroupKey,
        status: GroupStatus,
    ) -> Result<Response<Group>, Status> {
        let group = ops::turn_group(&self.0, cx, tenant(cx)?, key, status).await;
        Ok(Response::new(group.map_err(refuse)?.into()))
    }
}

#[tonic::async_trait]
impl Groups for Rpc {
    async fn create_community(
        &self,
        request: Request<CreateCommunityRequest>,
    ) -> Result<Response<Group>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let CreateCommunityRequest { name, description, join_policy } = &request;
        let said = Said { name, description, join_policy };
        self.create(repeatable(cx, "", &request)?, GroupKind::Community, None, said).await
    }

    async fn list_communities(
        &self,
        request: Request<ListCommunitiesRequest>,
    ) -> Result<Response<ListCommunitiesResponse>, Status> {
        let cx = wire::cx(&request)?;
        let ListCommunitiesRequest { status, page_size, page_token } = request.get_ref();
        let wanted = Wanted { status, page_size: *page_size, page_token };
        let (communities, next_page_token) =
            self.list(&cx, GroupKind::Community, None, wanted).await?;
        Ok(Response::new(ListCommunitiesResponse { communities, next_page_token }))
    }

    async fn create_team(
        &self,
        request: Request<CreateTeamRequest>,
    ) -> Result<Response<Group>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let CreateTeamRequest { name, description, join_policy, community_id } = &request;
        let community_id = optional_id("communityId", community_id)?;
        let said = Said { name, description, join_policy };
        self.create(repeatable(cx, "", &request)?, GroupKind::Team, community_id, said).await
    }

    async fn list_teams(
        &self,
        request: Request<ListTeamsRequest>,
    ) -> Result<Response<ListTeamsResponse>, Status> {
        let cx = wire::cx(&request)?;
        let ListTeamsRequest { status, community_id, page_size, page_token } = request.get_ref();
        let community_id = optional_id("communityId", community_id)?;
        let wanted = Wanted { status, page_size: *page_size, page_token };
        let (teams, next_page_token) =
            self.list(&cx, GroupKind::Team, community_id, wanted).await?;
        Ok(Response::new(ListTeamsResponse { teams, next_page_token }))
    }

    async fn get_group(
        &self,
        request: Request<GetGroupRequest>,
    ) -> Result<Response<Group>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let key = key(&request.get_ref().community_id, &request.get_ref().team_id)?;
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
        let key = key(&request.get_ref().community_id, &request.get_ref().team_id)?;
        self.turn(&cx, key, GroupStatus::Archived).await
    }

    async fn restore_group(
        &self,
        request: Request<RestoreGroupRequest>,
    ) -> Result<Response<Group>, Status> {
        let cx = wire::cx(&request)?;
        let key = key(&request.get_ref().community_id, &request.get_ref().team_id)?;
        self.turn(&cx, key, GroupStatus::Active).await
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
