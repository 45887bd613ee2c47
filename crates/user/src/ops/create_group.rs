//! Makes a community or a team.

use kernel::{Cx, GroupId, TenantId};
use pg::replies;
use wire::user::v1::GroupCreated;

use crate::{
    App, Error, Result,
    domain::{Group, GroupKey, GroupKind, GroupRefusal, GroupStatus, JoinPolicy, MOST_TEAMS},
    store,
};

/// The wish for a group.
#[derive(Debug)]
pub(crate) struct CreateGroup {
    pub(crate) kind: GroupKind,
    /// Where a team is to belong to one.
    pub(crate) community_id: Option<GroupId>,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) join_policy: JoinPolicy,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// The group, made once for an idempotency key.
pub(crate) async fn create_group(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: CreateGroup,
) -> Result<Group> {
    let operation = match command.kind {
        GroupKind::Community => "CreateCommunity",
        GroupKind::Team => "CreateTeam",
    };
    let mut tx = app.db.tenant(tenant, "create_group").await?;
    match replies::recall(&mut tx, cx, operation, &command.fingerprint).await? {
        replies::Known::Nothing => {}
        replies::Known::Reply(reply) => return Ok(serde_json::from_slice(&reply)?),
        replies::Known::Other => return Err(Error::KeyReused),
    }
    if let Some(community_id) = command.community_id {
        let key = GroupKey::community(community_id);
        let community = store::lock_group(&mut tx, key).await?;
        community.ok_or(GroupRefusal::GroupNotFound)?.in_use()?;
        if store::count_teams_of(&mut tx, community_id).await? >= MOST_TEAMS {
            return Err(GroupRefusal::TooManyTeams.into());
        }
    }
    let now = app.clock.now();
    let group = Group {
        group_id: app.clock.new_id(),
        kind: command.kind,
        community_id: command.community_id,
        name: command.name,
        description: command.description,
        join_policy: command.join_policy,
        status: GroupStatus::Active,
        created_at: now,
        created_by: cx.actor.label(),
        changed_at: now,
    };
    store::insert_group(&mut tx, &group).await?;
    bus::audit(&mut tx, cx, "group.create", &format!("group:{}", group.group_id)).await?;
    let fact = GroupCreated {
        group_id: group.group_id.to_string(),
        kind: group.kind.to_string(),
        community_id: group.community_id.map(|id| id.to_string()).unwrap_or_default(),
        name: group.name.clone(),
        join_policy: group.join_policy.to_string(),
    };
    bus::emit(&mut tx, cx, group.group_id.uuid(), &fact).await?;
    replies::keep(&mut tx, cx, operation, &serde_json::to_vec(&group)?).await?;
    tx.commit().await?;
    Ok(group)
}
