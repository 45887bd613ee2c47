//! Rows of `policy_overrides`.

use kernel::UserId;
use pg::TenantTx;
use uuid::Uuid;

use crate::domain::{Effect, PolicyOverride};

/// A checked query for overrides; what follows the tenant is given.
macro_rules! overrides {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            PolicyOverride,
            r#"select override_id, user_id as "user_id: _", effect as "effect: _", permission, reason,
                      expires_at as "expires_at: _", made_at as "made_at: _", made_by
               from policy_overrides where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

/// The override, locked against other changes.
pub(crate) async fn lock_override(
    tx: &mut TenantTx,
    id: Uuid,
) -> pg::Result<Option<PolicyOverride>> {
    Ok(overrides!("and override_id = $1 for update", id).fetch_optional(&mut **tx).await?)
}

/// The one that says the same of the same person.
pub(crate) async fn override_like(
    tx: &mut TenantTx,
    user_id: UserId,
    effect: Effect,
    permission: Option<&str>,
) -> pg::Result<Option<PolicyOverride>> {
    let found = overrides!(
        "and user_id = $1 and effect = $2 and permission is not distinct from $3",
        user_id as _,
        effect.as_str(),
        permission,
    );
    Ok(found.fetch_optional(&mut **tx).await?)
}

/// Overrides after the id `after`, of one person when given.
pub(crate) async fn list_overrides(
    tx: &mut TenantTx,
    user_id: Option<UserId>,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<PolicyOverride>> {
    let found = overrides!(
        "and ($1::uuid is null or user_id = $1) and ($2::uuid is null or override_id > $2)
         order by override_id limit $3",
        user_id as _,
        after,
        limit,
    );
    Ok(found.fetch_all(&mut **tx).await?)
}

/// Makes the override; one that says the same gets the new reason and end.
pub(crate) async fn insert_override(tx: &mut TenantTx, new: &PolicyOverride) -> pg::Result<()> {
    sqlx::query!(
        "insert into policy_overrides
             (tenant_id, override_id, user_id, effect, permission, reason, expires_at, made_at, made_by)
         values (usher.current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8)
         on conflict on constraint policy_overrides_user_id_key
         do update set reason = excluded.reason, expires_at = excluded.expires_at",
        new.override_id,
        new.user_id as _,
        new.effect.as_str(),
        new.permission,
        new.reason,
        new.expires_at as _,
        new.made_at as _,
        new.made_by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn delete_override(tx: &mut TenantTx, id: Uuid) -> pg::Result<()> {
    sqlx::query!(
        "delete from policy_overrides where tenant_id = usher.current_tenant() and override_id = $1",
        id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
