//! Rows of `groups`.

use kernel::{GroupId, Timestamp};
use pg::TenantTx;
use uuid::Uuid;

use crate::domain::{Group, GroupKey, GroupKind, GroupStatus};

/// A checked query for groups; what follows the tenant is given.
macro_rules! groups {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Group,
            r#"select group_id as "group_id: _", kind as "kind: _", community_id as "community_id: _", name, description,
                      join_policy as "join_policy: _", status as "status: _", created_at as "created_at: _",
                      created_by, changed_at as "changed_at: _"
               from groups where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn group(tx: &mut TenantTx, key: GroupKey) -> pg::Result<Option<Group>> {
    let group = groups!(
        "and group_id = $1 and ($2::text is null or kind = $2) and ($3::uuid is null or community_id = $3)",
        key.group_id as _,
        key.kind.map(GroupKind::as_str),
        key.community_id as _,
    );
    Ok(group.fetch_optional(&mut **tx).await?)
}

/// The group, which nobody else changes, nor who is in it, until the transaction ends.
pub(crate) async fn lock_group(tx: &mut TenantTx, key: GroupKey) -> pg::Result<Option<Group>> {
    let group = groups!(
        "and group_id = $1 and ($2::text is null or kind = $2) and ($3::uuid is null or community_id = $3) for no key update",
        key.group_id as _,
        key.kind.map(GroupKind::as_str),
        key.community_id as _,
    );
    Ok(group.fetch_optional(&mut **tx).await?)
}

/// The group, which stays as it is, with what it gives, until the transaction ends.
pub(crate) async fn share_group(tx: &mut TenantTx, key: GroupKey) -> pg::Result<Option<Group>> {
    let group = groups!(
        "and group_id = $1 and ($2::text is null or kind = $2) and ($3::uuid is null or community_id = $3) for share",
        key.group_id as _,
        key.kind.map(GroupKind::as_str),
        key.community_id as _,
    );
    Ok(group.fetch_optional(&mut **tx).await?)
}

/// Groups of a kind in the order of their ids, after the id `after`; teams of one community when it is given.
pub(crate) async fn list_groups(
    tx: &mut TenantTx,
    kind: GroupKind,
    status: GroupStatus,
    after: Option<GroupId>,
    limit: i64,
) -> pg::Result<Vec<Group>> {
    let groups = groups!(
        "and kind = $1 and status = $2 and group_id > $3 order by group_id limit $4",
        kind.as_str(),
        status.as_str(),
        after.map_or(Uuid::nil(), GroupId::uuid),
        limit,
    );
    Ok(groups.fetch_all(&mut **tx).await?)
}

/// Teams of a community in the order of their ids, after the id `after`.
pub(crate) async fn list_teams_of(
    tx: &mut TenantTx,
    community_id: GroupId,
    status: GroupStatus,
    after: Option<GroupId>,
    limit: i64,
) -> pg::Result<Vec<Group>> {
    let teams = groups!(
        "and community_id = $1 and status = $2 and group_id > $3 order by group_id limit $4",
        community_id as _,
        status.as_str(),
        after.map_or(Uuid::nil(), GroupId::uuid),
        limit,
    );
    Ok(teams.fetch_all(&mut **tx).await?)
}

/// How many teams a community has, those in the archive too.
pub(crate) async fn count_teams_of(tx: &mut TenantTx, community_id: GroupId) -> pg::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from groups
           where tenant_id = usher.current_tenant() and community_id = $1"#,
        community_id as _,
    );
    Ok(count.fetch_one(&mut **tx).await?)
}

pub(crate) async fn insert_group(tx: &mut TenantTx, new: &Group) -> pg::Result<()> {
    sqlx::query!(
        "insert into groups (tenant_id, group_id, kind, community_id, name, description, join_policy, status, created_at,
                             created_by, changed_at)
         values (usher.current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $8)",
        new.group_id as _,
        new.kind.as_str(),
        new.community_id as _,
        new.name,
        new.description,
        new.join_policy.as_str(),
        new.status.as_str(),
        new.created_at as _,
        new.created_by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn update_group(tx: &mut TenantTx, group: &Group) -> pg::Result<()> {
    sqlx::query!(
        "update groups set name = $2, description = $3, join_policy = $4, status = $5, changed_at = $6
         where tenant_id = usher.current_tenant() and group_id = $1",
        group.group_id as _,
        group.name,
        group.description,
        group.join_policy.as_str(),
        group.status.as_str(),
        group.changed_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Has nobody else change the teams of a community that are in use, nor what they give, until the transaction ends.
pub(crate) async fn lock_teams_of(tx: &mut TenantTx, community_id: GroupId) -> pg::Result<()> {
    let teams = sqlx::query_scalar!(
        "select group_id from groups
         where tenant_id = usher.current_tenant() and community_id = $1 and status = 'active'
         order by group_id for no key update",
        community_id as _,
    );
    teams.fetch_all(&mut **tx).await?;
    Ok(())
}

/// Archives the teams of a community that are in use; those that were.
pub(crate) async fn archive_teams_of(
    tx: &mut TenantTx,
    community_id: GroupId,
    now: Timestamp,
) -> pg::Result<Vec<Group>> {
    let teams = sqlx::query_as!(
        Group,
        r#"update groups set status = 'archived', changed_at = $2
           where tenant_id = usher.current_tenant() and community_id = $1 and status = 'active'
           returning group_id as "group_id: _", kind as "kind: _", community_id as "community_id: _", name, description,
                     join_policy as "join_policy: _", status as "status: _", created_at as "created_at: _", created_by,
                     changed_at as "changed_at: _""#,
        community_id as _,
        now as _,
    );
    Ok(teams.fetch_all(&mut **tx).await?)
}
