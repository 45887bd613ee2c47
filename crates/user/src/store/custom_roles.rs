//! Rows of `custom_roles`.

use pg::TenantTx;

use crate::domain::CustomRole;

/// A checked query for roles of the tenant's own; what follows the tenant is given.
macro_rules! custom_roles {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            CustomRole,
            r#"select role, title, permissions, created_at as "created_at: _", updated_at as "updated_at: _"
               from custom_roles where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn custom_role(tx: &mut TenantTx, role: &str) -> pg::Result<Option<CustomRole>> {
    Ok(custom_roles!("and role = $1", role).fetch_optional(&mut **tx).await?)
}

/// The role, locked against other changes.
pub(crate) async fn lock_custom_role(
    tx: &mut TenantTx,
    role: &str,
) -> pg::Result<Option<CustomRole>> {
    Ok(custom_roles!("and role = $1 for update", role).fetch_optional(&mut **tx).await?)
}

/// The role, which stays as it is until this transaction ends.
pub(crate) async fn share_custom_role(
    tx: &mut TenantTx,
    role: &str,
) -> pg::Result<Option<CustomRole>> {
    Ok(custom_roles!("and role = $1 for share", role).fetch_optional(&mut **tx).await?)
}

/// Roles by name, after the name `after`.
pub(crate) async fn list_custom_roles(
    tx: &mut TenantTx,
    after: &str,
    limit: i64,
) -> pg::Result<Vec<CustomRole>> {
    Ok(custom_roles!("and role > $1 order by role limit $2", after, limit)
        .fetch_all(&mut **tx)
        .await?)
}

/// Makes the role, or gives it this title and these permissions.
pub(crate) async fn upsert_custom_role(tx: &mut TenantTx, role: &CustomRole) -> pg::Result<()> {
    sqlx::query!(
        "insert into custom_roles (tenant_id, role, title, permissions, created_at, updated_at)
         values (usher.current_tenant(), $1, $2, $3, $4, $5)
         on conflict on constraint custom_roles_pkey
         do update set title = excluded.title, permissions = excluded.permissions, updated_at = excluded.updated_at",
        role.role,
        role.title,
        &role.permissions,
        role.created_at as _,
        role.updated_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether anybody holds the role, or did for a time.
pub(crate) async fn is_bound(tx: &mut TenantTx, role: &str) -> pg::Result<bool> {
    let bound = sqlx::query_scalar!(
        r#"select exists (select from role_bindings where tenant_id = usher.current_tenant() and role = $1)
               or exists (select from role_grants where tenant_id = usher.current_tenant() and role = $1) as "bound!""#,
        role,
    );
    Ok(bound.fetch_one(&mut **tx).await?)
}

pub(crate) async fn delete_custom_role(tx: &mut TenantTx, role: &str) -> pg::Result<()> {
    sqlx::query!(
        "delete from custom_roles where tenant_id = usher.current_tenant() and role = $1",
        role,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
