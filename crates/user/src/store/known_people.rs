//! People over all tenants: what the platform knows of them, and their accounts closed and opened.

use kernel::{TenantId, UserId};
use pg::PlatformTx;

use crate::domain::{KnownPerson, OWNER, PersonStatus};

/// The person with their roles of the platform and the tenants whose only owner they are.
pub(crate) async fn known_person(
    tx: &mut PlatformTx,
    user_id: UserId,
) -> pg::Result<Option<KnownPerson>> {
    let row = sqlx::query_as!(
        KnownPerson,
        r#"select u.user_id as "user_id: _", u.email as "email: _", u.name as "name: _", u.status as "status: _",
                  u.closed_note, u.created_at as "created_at: _", u.activated_at as "activated_at: _",
                  u.erased_at as "erased_at: _",
                  array(select b.role from role_bindings b where b.user_id = $1 and b.tenant_id = $2
                        order by b.role) as "platform_roles!: _",
                  array(select b.tenant_id
                        from role_bindings b join memberships m using (tenant_id, user_id)
                        where b.user_id = $1 and b.role = $3 and m.status = 'active'
                          and not exists (
                              select from role_bindings o
                              join memberships p on p.tenant_id = o.tenant_id and p.user_id = o.user_id
                              join users w on w.user_id = o.user_id
                              where o.tenant_id = b.tenant_id and o.role = $3 and o.user_id <> $1
                                and p.status = 'active' and w.status <> 'disabled')
                        order by b.tenant_id) as "sole_owner_of!: _"
           from users u where u.user_id = $1"#,
        user_id as _,
        TenantId::PLATFORM as _,
        OWNER.as_str(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Keeps owners from going in every tenant that the person owns, until the transaction ends. The person comes first.
pub(crate) async fn lock_owners_beside(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!(
        "select user_id from role_bindings
         where role = $2 and tenant_id in (select tenant_id from role_bindings where user_id = $1 and role = $2)
         order by tenant_id, user_id for no key update",
        user_id as _,
        OWNER.as_str(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Puts the account where it is wished. The person is locked by the caller.
pub(crate) async fn update_status(
    tx: &mut PlatformTx,
    user_id: UserId,
    status: PersonStatus,
    note: &str,
) -> pg::Result<()> {
    sqlx::query!(
        "update users set status = $2, closed_note = $3, version = version + 1 where user_id = $1",
        user_id as _,
        status.as_str(),
        note,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Says that rights changed wherever the person is a member. Call it last, as for one tenant.
pub(crate) async fn bump_epochs_of(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!(
        "insert into permission_epochs as e (tenant_id, epoch)
         select tenant_id, 1 from memberships where user_id = $1 order by tenant_id
         on conflict on constraint permission_epochs_pkey do update set epoch = e.epoch + 1",
        user_id as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
