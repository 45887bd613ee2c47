//! Rows of `role_bindings` (in the whole tenant, until taken away) and `role_grants` (all others), read as one.

use kernel::{GroupId, Timestamp, UserId};
use pg::TenantTx;
use uuid::Uuid;

use crate::domain::{RoleBinding, Scope, ScopeType, Subject, SubjectType};

struct Row {
    binding_id: Uuid,
    subject_type: SubjectType,
    subject_id: Uuid,
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
            subject: Subject { kind: row.subject_type, id: row.subject_id },
            role: row.role,
            scope: Scope { kind: row.scope_type, id: row.scope_id },
            expires_at: row.expires_at,
            bound_at: row.bound_at,
            bound_by: row.bound_by,
        }
    }
}

/// A checked query for bindings of both kinds; what follows the tenant is given. Those of one subject are named by their ids,
/// since by the subject the server would read all rows of the table that only persons are in.
macro_rules! bindings {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select binding_id as "binding_id!",
                      case when user_id is not null then 'person' when group_id is not null then 'group'
                           else 'service_account' end as "subject_type!: _",
                      coalesce(user_id, group_id, service_account_id) as "subject_id!", role as "role!",
                      scope_type as "scope_type!: _", scope_id as "scope_id!", expires_at as "expires_at: _",
                      bound_at as "bound_at!: _", bound_by as "bound_by!"
               from (select tenant_id, binding_id, user_id, null::uuid as group_id, null::uuid as service_account_id, role,
                            'tenant' as scope_type, '' as scope_id, null::timestamptz as expires_at, bound_at, bound_by
                     from role_bindings
                     union all
                     select tenant_id, binding_id, user_id, group_id, service_account_id, role, scope_type, scope_id,
                            expires_at, bound_at, bound_by
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

/// The binding of the same subject, role and place that stands. For a person in the whole tenant one with an end is
/// another than one without.
pub(crate) async fn binding_like(
    tx: &mut TenantTx,
    wish: &RoleBinding,
) -> pg::Result<Option<RoleBinding>> {
    let row = bindings!(
        "and binding_id = any(array(
             select binding_id from role_bindings where tenant_id = usher.current_tenant() and user_id = $1
             union all
             select binding_id from role_grants
             where tenant_id = usher.current_tenant() and (user_id = $1 or group_id = $2 or service_account_id = $3)))
         and role = $4 and scope_type = $5 and scope_id = $6
         and ($5 <> 'tenant' or user_id is null or (expires_at is null) = $7)",
        wish.subject.person() as _,
        wish.subject.group() as _,
        wish.subject.service_account(),
        wish.role,
        wish.scope.kind.as_str(),
        wish.scope.id,
        wish.expires_at.is_none(),
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(Into::into))
}

/// Bindings after the id `after`.
pub(crate) async fn list_bindings(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<RoleBinding>> {
    let rows = bindings!(
        "and binding_id > $1 order by binding_id limit $2",
        after.unwrap_or_default(),
        limit,
    );
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(Into::into).collect())
}

/// Bindings of one subject after the id `after`.
pub(crate) async fn list_bindings_of(
    tx: &mut TenantTx,
    subject: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<RoleBinding>> {
    let rows = bindings!(
        "and binding_id = any(array(
             select binding_id from role_bindings where tenant_id = usher.current_tenant() and user_id = $1
             union all
             select binding_id from role_grants
             where tenant_id = usher.current_tenant() and (user_id = $1 or group_id = $1 or service_account_id = $1)))
         and binding_id > $2 order by binding_id limit $3",
        subject,
        after.unwrap_or_default(),
        limit,
    );
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(Into::into).collect())
}

/// Binds a role that the subject does not hold there yet.
pub(crate) async fn insert_binding(tx: &mut TenantTx, new: &RoleBinding) -> pg::Result<()> {
    if new.is_standing() {
        sqlx::query!(
            "insert into role_bindings (tenant_id, binding_id, user_id, role, bound_at, bound_by)
             values (usher.current_tenant(), $1, $2, $3, $4, $5) on conflict do nothing",
            new.binding_id,
            new.subject.id,
            new.role,
            new.bound_at as _,
            new.bound_by,
        )
        .execute(&mut **tx)
        .await?;
        return Ok(());
    }
    sqlx::query!(
        "insert into role_grants (tenant_id, binding_id, user_id, group_id, service_account_id, role, scope_type, scope_id,
                                  expires_at, bound_at, bound_by)
         values (usher.current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.binding_id,
        new.subject.person() as _,
        new.subject.group() as _,
        new.subject.service_account(),
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

/// Has a role that holds in a part of the tenant, or for a time, end then.
pub(crate) async fn update_binding_end(
    tx: &mut TenantTx,
    id: Uuid,
    expires_at: Option<Timestamp>,
) -> pg::Result<()> {
    sqlx::query!(
        "update role_grants set expires_at = $2 where tenant_id = usher.current_tenant() and binding_id = $1",
        id,
        expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The roles that a group gives at `now`, and those of its teams, where it is a community.
pub(crate) async fn roles_of_group_and_teams(
    tx: &mut TenantTx,
    group_id: GroupId,
    now: Timestamp,
) -> pg::Result<Vec<String>> {
    let roles = sqlx::query_scalar!(
        "select distinct role from role_grants
         where tenant_id = usher.current_tenant()
           and group_id = any(array(select $1::uuid
                                    union all
                                    select group_id from groups
                                    where tenant_id = usher.current_tenant() and community_id = $1))
           and (expires_at is null or expires_at > $2)
         order by role",
        group_id as _,
        now as _,
    );
    Ok(roles.fetch_all(&mut **tx).await?)
}

/// The roles that a person holds at `now` in the tenant or a part of it, directly or through a group.
pub(crate) async fn roles_of_person(
    tx: &mut TenantTx,
    user_id: UserId,
    now: Timestamp,
) -> pg::Result<Vec<String>> {
    let roles = sqlx::query_scalar!(
        r#"select role as "role!" from role_bindings where tenant_id = usher.current_tenant() and user_id = $1
           union
           select role from role_grants
           where tenant_id = usher.current_tenant() and user_id = $1 and (expires_at is null or expires_at > $2)
           union
           select r.role from group_members m join role_grants r using (tenant_id, group_id)
           where m.tenant_id = usher.current_tenant() and m.user_id = $1 and m.status = 'active'
             and (r.expires_at is null or r.expires_at > $2)
           order by 1"#,
        user_id as _,
        now as _,
    );
    Ok(roles.fetch_all(&mut **tx).await?)
}

/// The roles that a service account holds at `now`.
pub(crate) async fn roles_of_service_account(
    tx: &mut TenantTx,
    id: Uuid,
    now: Timestamp,
) -> pg::Result<Vec<String>> {
    let roles = sqlx::query_scalar!(
        "select distinct role from role_grants
         where tenant_id = usher.current_tenant() and service_account_id = $1
           and (expires_at is null or expires_at > $2)
         order by role",
        id,
        now as _,
    );
    Ok(roles.fetch_all(&mut **tx).await?)
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
