//! Rows of `memberships` as they come and go, and the owners among them.

use kernel::{Timestamp, UserId};
use pg::TenantTx;

use crate::domain::{MemberStatus, Membership, OWNER, Turn};

/// Makes the person an active member, whatever they were before; whoever was removed joins anew.
pub(crate) async fn upsert_membership(
    tx: &mut TenantTx,
    user_id: UserId,
    by: &str,
    now: Timestamp,
) -> pg::Result<()> {
    super::ensure_account(tx, user_id, now).await?;
    sqlx::query!(
        "insert into memberships as m (tenant_id, user_id, status, joined_at, changed_at, changed_by)
         values (usher.current_tenant(), $1, 'active', $2, $2, $3)
         on conflict on constraint memberships_pkey do update
         set status = 'active', cause = 'joined', note = '', changed_at = $2, changed_by = $3,
             joined_at = case when m.status = 'removed' then $2 else m.joined_at end
         where m.status <> 'active'",
        user_id as _,
        now as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether the person's membership counts, where there is one.
pub(crate) async fn member_status(
    tx: &mut TenantTx,
    user_id: UserId,
) -> pg::Result<Option<MemberStatus>> {
    let status = sqlx::query_scalar!(
        r#"select status as "status: MemberStatus" from memberships
           where tenant_id = usher.current_tenant() and user_id = $1"#,
        user_id as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(status)
}

/// Who or what made the membership what it is, where that was after `since`.
pub(crate) async fn membership_changed_by(
    tx: &mut TenantTx,
    user_id: UserId,
    since: Timestamp,
) -> pg::Result<Option<String>> {
    let by = sqlx::query_scalar!(
        "select changed_by from memberships
         where tenant_id = usher.current_tenant() and user_id = $1 and changed_at > $2",
        user_id as _,
        since as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(by)
}

pub(crate) async fn membership(
    tx: &mut TenantTx,
    user_id: UserId,
) -> pg::Result<Option<Membership>> {
    let row = sqlx::query_as!(
        Membership,
        r#"select m.user_id as "user_id: _", m.status as "status: _", m.cause as "cause: _", m.note,
                  array(select b.role from role_bindings b
                        where b.tenant_id = m.tenant_id and b.user_id = m.user_id order by b.role) as "roles!: _",
                  m.joined_at as "joined_at: _", m.changed_at as "changed_at: _"
           from memberships m where m.tenant_id = usher.current_tenant() and m.user_id = $1"#,
        user_id as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The membership, which nobody else changes until the transaction ends.
pub(crate) async fn lock_membership(
    tx: &mut TenantTx,
    user_id: UserId,
) -> pg::Result<Option<Membership>> {
    let locked = sqlx::query_scalar!(
        r#"select user_id as "user_id: UserId" from memberships
           where tenant_id = usher.current_tenant() and user_id = $1 for no key update"#,
        user_id as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    match locked {
        Some(user_id) => membership(tx, user_id).await,
        None => Ok(None),
    }
}

/// Puts the membership where `turn` leads.
pub(crate) async fn turn_membership(
    tx: &mut TenantTx,
    user_id: UserId,
    turn: Turn,
    note: &str,
    by: &str,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update memberships set status = $2, cause = $3, note = $4, changed_at = $5, changed_by = $6
         where tenant_id = usher.current_tenant() and user_id = $1",
        user_id as _,
        turn.status().as_str(),
        turn.cause().as_str(),
        note,
        now as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The active owners, whose bindings nobody else takes away until the transaction ends.
pub(crate) async fn lock_owners(tx: &mut TenantTx) -> pg::Result<Vec<UserId>> {
    sqlx::query!(
        "select user_id from role_bindings
         where tenant_id = usher.current_tenant() and role = $1 order by user_id for no key update",
        OWNER.as_str(),
    )
    .fetch_all(&mut **tx)
    .await?;
    // Read anew: who was waited for may be no owner any more.
    let owners = sqlx::query_scalar!(
        r#"select b.user_id as "user_id: UserId"
           from role_bindings b join memberships m using (tenant_id, user_id) join users u using (user_id)
           where b.tenant_id = usher.current_tenant() and b.role = $1 and m.status = 'active' and u.status <> 'disabled'
           order by b.user_id"#,
        OWNER.as_str(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(owners)
}
