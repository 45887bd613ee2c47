//! Rows of `group_members`, with the person of each.

use kernel::{GroupId, Timestamp, UserId};
use pg::TenantTx;
use uuid::Uuid;

use crate::domain::{GroupKind, GroupMember, GroupMemberStatus};

/// A checked query for members of groups: the rows that are given, taken first, each with its person and group. The group is
/// looked up for each, since of many rows of few groups the server would read all groups.
macro_rules! group_members {
    ($rows:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            GroupMember,
            r#"select gm.group_id as "group_id: _", g.kind as "kind: _", gm.user_id as "user_id: _",
                      coalesce(a.name, u.name) as "name!: _", gm.status as "written: _",
                      m.status = 'active' and g.status = 'active' as "counts!", gm.role_hint, gm.since as "since: _"
               from (select * from group_members where tenant_id = usher.current_tenant() "# + $rows + r#") gm
               cross join lateral (select kind, status from groups
                                   where tenant_id = gm.tenant_id and group_id = gm.group_id offset 0) g
               join memberships m on m.tenant_id = gm.tenant_id and m.user_id = gm.user_id
               join accounts a on a.tenant_id = gm.tenant_id and a.user_id = gm.user_id
               join users u on u.user_id = gm.user_id
               order by gm.group_id, gm.user_id"#
            $(, $argument)*
        )
    };
}

/// How a person stands towards a group, if they ever did.
pub(crate) async fn group_member(
    tx: &mut TenantTx,
    group_id: GroupId,
    user_id: UserId,
) -> pg::Result<Option<GroupMember>> {
    let member = group_members!("and group_id = $1 and user_id = $2", group_id as _, user_id as _);
    Ok(member.fetch_optional(&mut **tx).await?)
}

/// Those who stand so towards a group in the order of their ids, after the person `after`.
pub(crate) async fn list_group_members(
    tx: &mut TenantTx,
    group_id: GroupId,
    status: GroupMemberStatus,
    after: Option<UserId>,
    limit: i64,
) -> pg::Result<Vec<GroupMember>> {
    let members = group_members!(
        "and group_id = $1 and status = $2 and user_id > $3
         order by user_id limit $4",
        group_id as _,
        status.as_str(),
        after.map_or(Uuid::nil(), UserId::uuid),
        limit,
    );
    Ok(members.fetch_all(&mut **tx).await?)
}

/// The groups that a person is in or asked to join in the order of their ids, after the group `after`; of `only` those
/// among them, where any are named.
pub(crate) async fn list_groups_of(
    tx: &mut TenantTx,
    user_id: UserId,
    only: &[GroupId],
    after: Option<GroupId>,
    limit: i64,
) -> pg::Result<Vec<GroupMember>> {
    let only: Vec<Uuid> = only.iter().map(|group| group.uuid()).collect();
    let groups = group_members!(
        "and user_id = $1 and status in ('active', 'pending')
         and (cardinality($2::uuid[]) = 0 or group_id = any($2))
         and group_id > $3
         order by group_id limit $4",
        user_id as _,
        &only,
        after.map_or(Uuid::nil(), GroupId::uuid),
        limit,
    );
    Ok(groups.fetch_all(&mut **tx).await?)
}

/// How many groups a person is in or asked to join.
pub(crate) async fn count_groups_of(tx: &mut TenantTx, user_id: UserId) -> pg::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from group_members
           where tenant_id = usher.current_tenant() and user_id = $1 and status in ('active', 'pending')"#,
        user_id as _,
    );
    Ok(count.fetch_one(&mut **tx).await?)
}

/// Whether the person is a member of the group.
pub(crate) async fn is_in_group(
    tx: &mut TenantTx,
    group_id: GroupId,
    user_id: UserId,
) -> pg::Result<bool> {
    let is_in = sqlx::query_scalar!(
        r#"select exists (select from group_members
                          where tenant_id = usher.current_tenant() and group_id = $1 and user_id = $2
                            and status = 'active') as "is_in!""#,
        group_id as _,
        user_id as _,
    );
    Ok(is_in.fetch_one(&mut **tx).await?)
}

/// Has the person stand so towards the group.
pub(crate) async fn upsert_group_member(
    tx: &mut TenantTx,
    (group_id, user_id): (GroupId, UserId),
    status: GroupMemberStatus,
    role_hint: &str,
    by: &str,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into group_members (tenant_id, group_id, user_id, status, role_hint, since, changed_by)
         values (usher.current_tenant(), $1, $2, $3, $4, $5, $6)
         on conflict on constraint group_members_pkey do update
         set status = $3, role_hint = $4, changed_by = $6,
             since = case when group_members.status = $3 then group_members.since else $5 end",
        group_id as _,
        user_id as _,
        status.as_str(),
        role_hint,
        now as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What somebody was, or asked to be, in a group until now.
#[derive(Debug)]
pub(crate) struct EndedMember {
    pub(crate) group_id: GroupId,
    pub(crate) kind: GroupKind,
    /// How the person stands towards it now.
    pub(crate) status: GroupMemberStatus,
    pub(crate) role_hint: String,
}

/// Ends what the person is in the teams of a community, or in all groups where none is named, as `status` says; what
/// they asked to be is declined, or they would come back by it.
pub(crate) async fn end_group_members(
    tx: &mut TenantTx,
    user_id: UserId,
    community_id: Option<GroupId>,
    status: GroupMemberStatus,
    by: &str,
    now: Timestamp,
) -> pg::Result<Vec<EndedMember>> {
    let ended = sqlx::query_as!(
        EndedMember,
        r#"update group_members gm
           set status = case gm.status when 'pending' then 'declined' else $3 end, since = $4, changed_by = $5
           from groups g
           where gm.tenant_id = usher.current_tenant() and gm.user_id = $1 and gm.status in ('active', 'pending')
             and g.tenant_id = gm.tenant_id and g.group_id = gm.group_id
             and ($2::uuid is null or g.community_id = $2)
           returning gm.group_id as "group_id: _", g.kind as "kind: _", gm.status as "status: _", gm.role_hint"#,
        user_id as _,
        community_id as _,
        status.as_str(),
        now as _,
        by,
    );
    Ok(ended.fetch_all(&mut **tx).await?)
}
