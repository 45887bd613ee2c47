//! Rows of `memberships`, with the person and the roles of each.

use kernel::UserId;
use pg::TenantTx;

use crate::domain::{Member, MemberStatus};

pub(crate) async fn member(tx: &mut TenantTx, user_id: UserId) -> pg::Result<Option<Member>> {
    let row = sqlx::query_as!(
        Member,
        r#"select m.user_id as "user_id: _", u.email as "email: _", coalesce(a.name, u.name) as "name!: _", m.status as "status: _",
                  array(select b.role from role_bindings b
                        where b.tenant_id = m.tenant_id and b.user_id = m.user_id order by b.role) as "roles!: _",
                  m.joined_at as "joined_at: _"
           from memberships m join users u using (user_id) join accounts a using (tenant_id, user_id)
           where m.tenant_id = usher.current_tenant() and m.user_id = $1"#,
        user_id as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Members in the order of joining, after the member `after`; unless a status is asked for, all but removed ones.
pub(crate) async fn list_members(
    tx: &mut TenantTx,
    status: Option<MemberStatus>,
    after: Option<UserId>,
    limit: i64,
) -> pg::Result<Vec<Member>> {
    let rows = sqlx::query_as!(
        Member,
        r#"select m.user_id as "user_id: _", u.email as "email: _", coalesce(a.name, u.name) as "name!: _", m.status as "status: _",
                  array(select b.role from role_bindings b
                        where b.tenant_id = m.tenant_id and b.user_id = m.user_id order by b.role) as "roles!: _",
                  m.joined_at as "joined_at: _"
           from memberships m join users u using (user_id) join accounts a using (tenant_id, user_id)
           where m.tenant_id = usher.current_tenant()
             and ($1::uuid is null or (m.joined_at, m.user_id) >
                  (select p.joined_at, p.user_id from memberships p
                   where p.tenant_id = usher.current_tenant() and p.user_id = $1))
             and case when $3::text is null then m.status <> 'removed' else m.status = $3 end
           order by m.joined_at, m.user_id limit $2"#,
        after as _,
        limit,
        status.map(MemberStatus::as_str),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
