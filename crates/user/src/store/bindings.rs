//! Rows of `role_bindings` (in the whole tenant, until taken away) and `role_grants` (all others), read as one.

use kernel::{Timestamp, UserId};
use pg::TenantTx;
use uuid::Uuid;

use crate::domain::{RoleBinding, Scope, ScopeType};

struct Row {
    binding_id: Uuid,
    user_id: UserId,
    role: String,
    scope_type: ScopeType,
    scope_id: String,
    expires_at: Option<Timestamp>,
    bound_at: Timestamp,
    bound_by: String,
}

impl From<Row> for RoleBinding {
    fn from(row: Row) -> Self {
        Self {
            binding_id: row.binding_id,
            user_id: row.user_id,
            role: row.role,
            scope: Scope { kind: row.scope_type, id: row.scope_id },
            expires_at: row.expires_at,
            bound_at: row.bound_at,
            bound_by: row.bound_by,
        }
    }
}

/// A checked query for bindings of both kinds; what follows the tenant is given.
macro_rules! bindings {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select binding_id as "binding_id!", user_id as "user_id!: _", role as "role!",
                      scope_type as "scope_type!: _", scope_id as "scope_id!", expires_at as "expires_at: _",
                      bound_at as "bound_at!: _", bound_by as "bound_by!"
               from (select tenant_id, binding_id, user_id, role, 'tenant' as scope_type, '' as scope_id,
                            null::timestamptz as expires_at, bound_at, bound_by from role_bindings
                     union all
                     select tenant_id, binding_id, user_id, role, scope_type, scope_id, expires_at, bound_at, bound_by
                     from role_grants) as b
               where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn binding(tx: &mut TenantTx, id: Uuid) -> pg::Result<Option<RoleBinding>> {
    let row = bindings!("and binding_id = $1", id).fetch_optional(&mut **tx).await?;
    Ok(row.map(Into::into))
}

/// The binding of the same person, role and place that stands; one with an end is another than one without.
pub(crate) async fn binding_like(
    tx: &mut TenantTx,
    wish: &RoleBinding,
) -> pg::Result<Option<RoleBinding>> {
    let row = bindings!(
        "and user_id = $1 and role = $2 and scope_type = $3 and scope_id = $4
         and ($3 <> 'tenant' or (expires_at is null) = $5)",
        wish.user_id as _,
        wish.role,
        wish.scope.kind.as_str(),
        wish.scope.id,
        wish.expires_at.is_none(),
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(Into::into))
}

/// Bindings after the id `after`, of one person when given.
pub(crate) async fn list_bindings(
    tx: &mut TenantTx,
    user_id: Option<UserId>,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<RoleBinding>> {
    let rows = bindings!(
        "and ($1::uuid is null or user_id = $1) and ($2::uuid is null or binding_id > $2)
         order by binding_id limit $3",
        user_id as _,
        after,
        limit,
    );
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(Into::into).collect())
}

/// Binds; one that stands in a part of the tenant, or for a time, gets the new end.
pub(crate) async fn insert_binding(tx: &mut TenantTx, new: &RoleBinding) -> pg::Result<()> {
    if new.is_standing() {
        sqlx::query!(
            "insert into role_bindings (tenant_id, binding_id, user_id, role, bound_at, bound_by)
             values (usher.current_tenant(), $1, $2, $3, $4, $5) on conflict do nothing",
            new.binding_id,
            new.user_id as _,
            new.role,
            new.bound_at as _,
            new.bound_by,
        )
        .execute(&mut **tx)
        .await?;
        return Ok(());
    }
    sqlx::query!(
        "insert into role_grants
             (tenant_id, binding_id, user_id, role, scope_type, scope_id, expires_at, bound_at, bound_by)
         values (usher.current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8)
         on conflict on constraint role_grants_user_id_key do update set expires_at = excluded.expires_at",
        new.binding_id,
        new.user_id as _,
        new.role,
        new.scope.kind.as_str(),
        new.scope.id,
        new.expires_at as _,
        new.bound_at as _,
        new.bound_by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a role away; false where somebody else did.
pub(crate) async fn delete_binding(tx: &mut TenantTx, id: Uuid) -> pg::Result<bool> {
    let gone = sqlx::query_scalar!(
        r#"with standing as (
               delete from role_bindings where tenant_id = usher.current_tenant() and binding_id = $1 returning 1),
           granted as (
               delete from role_grants where tenant_id = usher.current_tenant() and binding_id = $1 returning 1)
           select exists (select from standing) or exists (select from granted) as "gone!""#,
        id,
    );
    Ok(gone.fetch_one(&mut **tx).await?)
}
