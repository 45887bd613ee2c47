//! Rows of `role_bindings` and `permission_epochs`.

use kernel::{TenantId, Timestamp, UserId};
use pg::{PlatformTx, TenantTx};

use crate::domain::{Role, Standing};

/// Binds a role; false where it was bound before.
pub(crate) async fn bind_role(
    tx: &mut TenantTx,
    user_id: UserId,
    role: Role,
    bound_by: &str,
    now: Timestamp,
) -> pg::Result<bool> {
    let bound = sqlx::query!(
        "insert into role_bindings (tenant_id, user_id, role, bound_at, bound_by)
         values (usher.current_tenant(), $1, $2, $3, $4) on conflict do nothing",
        user_id as _,
        role.name(),
        now as _,
        bound_by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(bound.rows_affected() == 1)
}

/// Says that rights changed. Every such change waits here for the one before, so call it last.
pub(crate) async fn bump_epoch(tx: &mut TenantTx) -> pg::Result<()> {
    sqlx::query!(
        "insert into permission_epochs as e (tenant_id, epoch) values (usher.current_tenant(), 1)
         on conflict on constraint permission_epochs_pkey do update set epoch = e.epoch + 1",
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A person's place in a tenant (if one is named) and on the platform. The two epochs add up, so that the sum moves
/// whenever one does.
pub(crate) async fn standing(
    tx: &mut PlatformTx,
    user_id: UserId,
    tenant: Option<TenantId>,
) -> pg::Result<Standing> {
    let row = sqlx::query_as!(
        Standing,
        r#"with here as (
               select tenant_id, user_id from memberships
               where user_id = $1 and tenant_id in ($2, $3) and status = 'active')
           select (select status from users where user_id = $1) as "person: _",
                  array(select role from here join role_bindings using (tenant_id, user_id)
                        where tenant_id = $2) as "tenant_roles!: _",
                  array(select role from here join role_bindings using (tenant_id, user_id)
                        where tenant_id = $3) as "platform_roles!: _",
                  exists (select from here) as "member!",
                  (select coalesce(sum(epoch), 0)::bigint from permission_epochs
                   where tenant_id in ($2, $3)) as "epoch!""#,
        user_id as _,
        tenant as _,
        TenantId::PLATFORM as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}
