//! Rows of `plans` and `plan_limits`, which belong to no tenant, and of `limit_overrides`.

use kernel::Timestamp;
use pg::{OnConstraint, PlatformTx, TenantTx};

use crate::{
    Error, Result,
    domain::{Plan, PlanName, Resource},
};

/// A plan with its limits.
macro_rules! plans {
    ($rest:literal) => {
        concat!(
            "select p.plan, p.title, p.retired_at,
                 (select coalesce(jsonb_object_agg(l.resource, l.most), '{}') from plan_limits l where l.plan = p.plan)
                     as limits
             from plans p ",
            $rest
        )
    };
}

pub(crate) async fn plan(tx: &mut TenantTx, plan: &PlanName) -> pg::Result<Option<Plan>> {
    let row = sqlx::query_as(plans!("where p.plan = $1")).bind(plan.as_str());
    Ok(row.fetch_optional(&mut **tx).await?)
}

/// The plan, which nobody else changes until the transaction ends.
pub(crate) async fn lock_plan(tx: &mut PlatformTx, plan: &PlanName) -> pg::Result<Option<Plan>> {
    let row = sqlx::query_as(plans!("where p.plan = $1 for update of p")).bind(plan.as_str());
    Ok(row.fetch_optional(&mut **tx).await?)
}

pub(crate) async fn list_plans(tx: &mut PlatformTx) -> pg::Result<Vec<Plan>> {
    Ok(sqlx::query_as(plans!("order by p.plan")).fetch_all(&mut **tx).await?)
}

/// Adds a plan; false where there is one of this word.
pub(crate) async fn insert_plan(
    tx: &mut PlatformTx,
    plan: &Plan,
    by: &str,
    now: Timestamp,
) -> pg::Result<bool> {
    let added = sqlx::query!(
        "insert into plans (plan, title, created_at, created_by) values ($1, $2, $3, $4)
         on conflict on constraint plans_pkey do nothing",
        plan.plan.as_str(),
        plan.title,
        now as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    if added.rows_affected() == 0 {
        return Ok(false);
    }
    let resources: Vec<String> = plan.limits.keys().map(ToString::to_string).collect();
    let most: Vec<i64> = plan.limits.values().copied().collect();
    sqlx::query!(
        "insert into plan_limits (plan, resource, most)
         select $1, resource, most from unnest($2::text[], $3::bigint[]) l (resource, most)",
        plan.plan.as_str(),
        &resources,
        &most,
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

pub(crate) async fn retire_plan(
    tx: &mut PlatformTx,
    plan: &PlanName,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update plans set retired_at = $2 where plan = $1 and retired_at is null",
        plan.as_str(),
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the tenant has beside its plan: most of each such resource, `None` for any number.
pub(crate) async fn overrides(tx: &mut TenantTx) -> pg::Result<Vec<(Resource, Option<i64>)>> {
    let rows = sqlx::query!(
        r#"select resource as "resource: Resource", most from limit_overrides
           where tenant_id = usher.current_tenant()"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.resource, row.most)).collect())
}

pub(crate) async fn upsert_override(
    tx: &mut TenantTx,
    resource: Resource,
    most: Option<i64>,
    reason: &str,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "insert into limit_overrides (resource, most, reason, set_at, set_by) values ($1, $2, $3, $4, $5)
         on conflict on constraint limit_overrides_pkey do update
         set most = excluded.most, reason = excluded.reason, set_at = excluded.set_at, set_by = excluded.set_by",
        resource.as_str(),
        most,
        reason,
        now as _,
        by,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("limit_overrides_tenant_id_fkey", || Error::TenantNotFound)?;
    Ok(())
}

/// Takes the override away; false where there was none.
pub(crate) async fn delete_override(tx: &mut TenantTx, resource: Resource) -> pg::Result<bool> {
    let gone = sqlx::query!(
        "delete from limit_overrides where tenant_id = usher.current_tenant() and resource = $1",
        resource.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected() == 1)
}
