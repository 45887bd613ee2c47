//! Rows of `sign_in_rules` and `sign_in_visits`.

use kernel::{TenantId, Timestamp, UserId};
use pg::{PlatformTx, TenantTx};
use sqlx::PgConnection;

use crate::domain::SignInRules;

/// A tenant's rules, if it has told any; in a transaction that sees the tenant.
pub(crate) async fn sign_in_rules(
    tx: &mut PgConnection,
    tenant: TenantId,
) -> pg::Result<Option<SignInRules>> {
    let row = sqlx::query_as!(
        SignInRules,
        "select version, second_factor, password_min_length, idle_minutes, absolute_minutes
         from sign_in_rules where tenant_id = $1",
        tenant as _
    )
    .fetch_optional(tx)
    .await?;
    Ok(row)
}

/// Keeps the rules, unless newer ones were heard before.
pub(crate) async fn upsert_sign_in_rules(tx: &mut TenantTx, rules: &SignInRules) -> pg::Result<()> {
    sqlx::query!(
        "insert into sign_in_rules as r (version, second_factor, password_min_length, idle_minutes, absolute_minutes)
         values ($1, $2, $3, $4, $5)
         on conflict on constraint sign_in_rules_pkey do update
         set version = $1, second_factor = $2, password_min_length = $3, idle_minutes = $4, absolute_minutes = $5
         where r.version < $1",
        rules.version,
        rules.second_factor,
        rules.password_min_length,
        rules.idle_minutes,
        rules.absolute_minutes,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that the person has entered the tenant.
pub(crate) async fn note_visit(
    tx: &mut PgConnection,
    tenant: TenantId,
    user_id: UserId,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into sign_in_visits (tenant_id, user_id, visited_at) values ($1, $2, $3)
         on conflict on constraint sign_in_visits_pkey do nothing",
        tenant as _,
        user_id as _,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The longest of what the tenants ask for that the person has entered.
pub(crate) async fn longest_length(
    tx: &mut PlatformTx,
    user_id: UserId,
) -> pg::Result<Option<i32>> {
    let longest = sqlx::query_scalar!(
        "select max(password_min_length) from sign_in_visits join sign_in_rules using (tenant_id)
         where user_id = $1",
        user_id as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(longest)
}

/// Forgets which tenants the person has entered.
pub(crate) async fn delete_visits(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!("delete from sign_in_visits where user_id = $1", user_id as _)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
