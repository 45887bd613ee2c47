//! Rows of `usage` and `quota_takes`.

use kernel::Timestamp;
use pg::{OnConstraint, TenantTx};

use crate::{
    Error, Result,
    domain::{Resource, Take, Usage},
};

/// Makes sure that there is a row to count in.
pub(crate) async fn ensure_usage(
    tx: &mut TenantTx,
    resource: Resource,
    period: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into usage (resource, period) values ($1, $2) on conflict on constraint usage_pkey do nothing",
        resource.as_str(),
        period,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("usage_tenant_id_fkey", || Error::TenantNotFound)?;
    Ok(())
}

/// Counts `amount` more, in one statement with the check that it is not above `most`; `None` where it would be.
pub(crate) async fn count_more(
    tx: &mut TenantTx,
    resource: Resource,
    period: &str,
    amount: i64,
    most: Option<i64>,
) -> pg::Result<Option<Usage>> {
    let row = sqlx::query_as!(
        Usage,
        "update usage set used = used + $3
         where tenant_id = usher.current_tenant() and resource = $1 and period = $2
           and ($4::bigint is null or used + $3 <= $4)
         returning used, told",
        resource.as_str(),
        period,
        amount,
        most,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn count_less(
    tx: &mut TenantTx,
    resource: Resource,
    period: &str,
    amount: i64,
) -> pg::Result<Option<Usage>> {
    let row = sqlx::query_as!(
        Usage,
        "update usage set used = greatest(used - $3, 0)
         where tenant_id = usher.current_tenant() and resource = $1 and period = $2
         returning used, told",
        resource.as_str(),
        period,
        amount,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// What is used in a period, which nobody else changes until the transaction ends.
pub(crate) async fn lock_usage(
    tx: &mut TenantTx,
    resource: Resource,
    period: &str,
) -> pg::Result<Option<Usage>> {
    let row = sqlx::query_as!(
        Usage,
        "select used, told from usage
         where tenant_id = usher.current_tenant() and resource = $1 and period = $2 for no key update",
        resource.as_str(),
        period,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// What is used in a period.
pub(crate) async fn used(tx: &mut TenantTx, resource: Resource, period: &str) -> pg::Result<i64> {
    let used = sqlx::query_scalar!(
        "select used from usage where tenant_id = usher.current_tenant() and resource = $1 and period = $2",
        resource.as_str(),
        period,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(used.unwrap_or_default())
}

/// What is used of each resource in each of these periods, where anything was ever taken of it.
pub(crate) async fn list_usage(
    tx: &mut TenantTx,
    resources: &[String],
    periods: &[String],
) -> pg::Result<Vec<(Resource, i64)>> {
    let rows = sqlx::query!(
        r#"select u.resource as "resource: Resource", max(case u.period when p.period then u.used else 0 end) as "used!"
           from usage u join unnest($1::text[], $2::text[]) p (resource, period) on p.resource = u.resource
           where u.tenant_id = usher.current_tenant() group by u.resource"#,
        resources,
        periods,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.resource, row.used)).collect())
}

pub(crate) async fn update_told(
    tx: &mut TenantTx,
    resource: Resource,
    period: &str,
    told: i16,
) -> pg::Result<()> {
    sqlx::query!(
        "update usage set told = $3 where tenant_id = usher.current_tenant() and resource = $1 and period = $2",
        resource.as_str(),
        period,
        told,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes what is taken under a key; false where something was taken under it before.
pub(crate) async fn insert_take(
    tx: &mut TenantTx,
    resource: Resource,
    key: &str,
    take: &Take,
    by: &str,
    now: Timestamp,
) -> pg::Result<bool> {
    let added = sqlx::query!(
        "insert into quota_takes (resource, key, period, amount, taken_at, taken_by) values ($1, $2, $3, $4, $5, $6)
         on conflict on constraint quota_takes_pkey do nothing",
        resource.as_str(),
        key,
        take.period,
        take.amount,
        now as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// What was taken under a key.
pub(crate) async fn take(
    tx: &mut TenantTx,
    resource: Resource,
    key: &str,
) -> pg::Result<Option<Take>> {
    let row = sqlx::query_as!(
        Take,
        r#"select period, amount, given_at as "given_at: _" from quota_takes
           where tenant_id = usher.current_tenant() and resource = $1 and key = $2"#,
        resource.as_str(),
        key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The same, which nobody else gives back until the transaction ends.
pub(crate) async fn lock_take(
    tx: &mut TenantTx,
    resource: Resource,
    key: &str,
) -> pg::Result<Option<Take>> {
    let row = sqlx::query_as!(
        Take,
        r#"select period, amount, given_at as "given_at: _" from quota_takes
           where tenant_id = usher.current_tenant() and resource = $1 and key = $2 for update"#,
        resource.as_str(),
        key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn mark_given(
    tx: &mut TenantTx,
    resource: Resource,
    key: &str,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update quota_takes set given_at = $3
         where tenant_id = usher.current_tenant() and resource = $1 and key = $2",
        resource.as_str(),
        key,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
