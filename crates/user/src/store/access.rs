//! What a person stands on in a tenant, the catalogue, and the epoch of rights.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{TenantId, Timestamp, UserId};
use pg::{PlatformTx, TenantTx};
use sqlx::types::Json;

use crate::{
    Snapshots,
    domain::{Grant, PersonStatus, PolicyOverride, Role, Standing},
};

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

/// Says that rights changed, of whomever in the tenant: what is remembered of them ends with the commit. Every such change
/// waits here for the one before, so call it last.
pub(crate) async fn bump_epoch(tx: &mut TenantTx, snapshots: &Snapshots) -> pg::Result<()> {
    let tenant = sqlx::query_scalar!(
        r#"insert into permission_epochs as e (tenant_id, epoch) values (usher.current_tenant(), 1)
           on conflict on constraint permission_epochs_pkey do update set epoch = e.epoch + 1
           returning tenant_id as "tenant_id: TenantId""#,
    )
    .fetch_one(&mut **tx)
    .await?;
    let snapshots = snapshots.clone();
    tx.after_commit(move || snapshots.forget(tenant));
    Ok(())
}

/// The place of a person, or of a service account, in a tenant (if one is named) and on the platform (if that counts). The
/// two epochs add up, so that the sum moves whenever one does.
pub(crate) async fn standing(
    tx: &mut PlatformTx,
    user_id: UserId,
    tenant: Option<TenantId>,
    platform: Option<TenantId>,
) -> pg::Result<Standing> {
    let query = sqlx::query!(
        r#"with here as (
               select tenant_id, user_id from memberships where user_id = $1 and tenant_id in ($2, $3) and status = 'active'),
           machine as (
               select tenant_id, service_account_id from service_accounts
               where tenant_id = $2 and service_account_id = $1 and status = 'active'),
           granted as (
               select r.role, r.scope_type, r.scope_id, r.expires_at, r.group_id
               from here join role_grants r using (tenant_id, user_id) where tenant_id = $2
               union all
               select r.role, r.scope_type, r.scope_id, r.expires_at, r.group_id
               from here join group_members m using (tenant_id, user_id)
               join groups g on g.tenant_id = m.tenant_id and g.group_id = m.group_id
               join role_grants r on r.tenant_id = m.tenant_id and r.group_id = m.group_id
               where here.tenant_id = $2 and m.status = 'active' and g.status = 'active'
               union all
               select r.role, r.scope_type, r.scope_id, r.expires_at, r.group_id
               from machine join role_grants r using (tenant_id, service_account_id)),
           held as (
               select role from here join role_bindings using (tenant_id, user_id) where tenant_id = $2)
           select coalesce((select status from users where user_id = $1), (select 'active' from machine)) as "person: PersonStatus",
                  array(select role from held) as "tenant_roles!: Vec<String>",
                  array(select role from here join role_bindings using (tenant_id, user_id)
                        where tenant_id = $3) as "platform_roles!: Vec<String>",
                  coalesce((select jsonb_agg(granted) from granted), '[]') as "grants!: Json<Vec<Grant>>",
                  coalesce((select jsonb_agg(o) from policy_overrides o
                            where tenant_id = $2 and user_id = $1), '[]') as "overrides!: Json<Vec<PolicyOverride>>",
                  coalesce((select jsonb_object_agg(c.role, c.permissions) from custom_roles c
                            where c.tenant_id = $2 and c.role in (select role from held union select role from granted)),
                           '{}') as "custom_roles!: Json<BTreeMap<String, BTreeSet<String>>>",
                  exists (select from here) or exists (select from machine) as "member!",
                  (select max(expires_at) from glass_openings
                   where tenant_id = $2 and user_id = $1 and closed_at is null) as "glass_until: Timestamp",
                  (select coalesce(sum(epoch), 0)::bigint from permission_epochs
                   where tenant_id in ($2, $3)) as "epoch!""#,
        user_id as _,
        tenant as _,
        platform as _,
    );
    let row = query.fetch_one(&mut **tx).await?;
    Ok(Standing {
        person: row.person,
        tenant_roles: row.tenant_roles,
        platform_roles: row.platform_roles,
        grants: row.grants.0,
        overrides: row.overrides.0,
        custom_roles: row.custom_roles.0,
        member: row.member,
        glass_until: row.glass_until,
        epoch: row.epoch,
    })
}

/// Adds to the catalogue what it lacks.
pub(crate) async fn insert_permissions(
    tx: &mut PlatformTx,
    permissions: &[String],
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into permissions (permission, declared_at)
         select permission, $2 from unnest($1::text[]) as permission order by permission
         on conflict do nothing",
        permissions,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The whole catalogue.
pub(crate) async fn permissions(tx: &mut PlatformTx) -> pg::Result<Vec<String>> {
    let rows = sqlx::query_scalar!("select permission from permissions order by permission");
    Ok(rows.fetch_all(&mut **tx).await?)
}

/// Those of `asked` that the catalogue has.
pub(crate) async fn known_permissions(
    tx: &mut PlatformTx,
    asked: &[String],
) -> pg::Result<Vec<String>> {
    let rows =
        sqlx::query_scalar!("select permission from permissions where permission = any($1)", asked);
    Ok(rows.fetch_all(&mut **tx).await?)
}
