//! Rows of `tenants`, and what `tenant_records` shows of them.

use kernel::{Locale, Slug, TenantId, Timestamp};
use pg::{OnConstraint, PlatformTx, TenantTx};

use crate::{Error, Result, domain::Tenant};

pub(crate) async fn insert_tenant(tx: &mut TenantTx, tenant: &Tenant) -> Result<()> {
    sqlx::query!(
        "insert into tenants (tenant_id, slug, name, status, locale, created_at, status_by, status_since, trial_ends_at,
                              epoch, plan)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tenant.tenant_id as _,
        tenant.slug.as_str(),
        tenant.name.as_str(),
        tenant.status.as_str(),
        tenant.locale.as_str(),
        tenant.created_at as _,
        tenant.status_by,
        tenant.status_since as _,
        tenant.trial_ends_at as _,
        tenant.epoch,
        tenant.plan.as_str(),
    )
    .execute(&mut **tx)
    .await
    .on_constraint("tenants_slug_key", || Error::SlugTaken)?;
    Ok(())
}

/// The tenant this transaction is bound to.
pub(crate) async fn tenant(tx: &mut TenantTx) -> pg::Result<Option<Tenant>> {
    let row =
        sqlx::query_as("select * from tenant_records where tenant_id = usher.current_tenant()");
    Ok(row.fetch_optional(&mut **tx).await?)
}

/// The same, which nobody else changes until the transaction ends.
pub(crate) async fn lock_tenant(tx: &mut TenantTx) -> pg::Result<Option<Tenant>> {
    sqlx::query("select from tenants where tenant_id = usher.current_tenant() for no key update")
        .execute(&mut **tx)
        .await?;
    tenant(tx).await
}

pub(crate) async fn tenant_by_slug(tx: &mut PlatformTx, slug: &Slug) -> pg::Result<Option<Tenant>> {
    let row = sqlx::query_as("select * from tenant_records where slug = $1").bind(slug.as_str());
    Ok(row.fetch_optional(&mut **tx).await?)
}

pub(crate) async fn list_tenants(
    tx: &mut PlatformTx,
    after: Option<TenantId>,
    slug: Option<&Slug>,
    limit: i64,
) -> pg::Result<Vec<Tenant>> {
    let rows = sqlx::query_as(
        "select * from tenant_records
         where ($1::uuid is null or tenant_id > $1) and ($2::text is null or slug = $2) order by tenant_id limit $3",
    );
    let rows = rows.bind(after).bind(slug.map(Slug::as_str)).bind(limit);
    Ok(rows.fetch_all(&mut **tx).await?)
}

/// Tenants whose term is over at `now`: their trial, or their days of grace.
pub(crate) async fn list_over(
    tx: &mut PlatformTx,
    now: Timestamp,
    limit: i64,
) -> pg::Result<Vec<TenantId>> {
    let rows = sqlx::query_scalar!(
        r#"(select tenant_id as "tenant_id!: TenantId" from tenants
            where status = 'trial' and trial_ends_at <= $1 order by trial_ends_at limit $2)
           union all
           (select tenant_id from tenants where status = 'closing' and closes_at <= $1 order by closes_at limit $2)"#,
        now as _,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Keeps where a locked tenant is in its life.
pub(crate) async fn update_life(tx: &mut TenantTx, tenant: &Tenant) -> pg::Result<()> {
    sqlx::query!(
        "update tenants set status = $1, status_reason = $2, status_by = $3, status_since = $4, trial_ends_at = $5,
                            closes_at = $6, closed_from = $7, epoch = $8
         where tenant_id = usher.current_tenant()",
        tenant.status.as_str(),
        tenant.status_reason,
        tenant.status_by,
        tenant.status_since as _,
        tenant.trial_ends_at as _,
        tenant.closes_at as _,
        tenant.closed_from as _,
        tenant.epoch,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn update_locale(tx: &mut TenantTx, locale: &Locale) -> pg::Result<()> {
    sqlx::query!(
        "update tenants set locale = $1 where tenant_id = usher.current_tenant() and locale <> $1",
        locale.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Moves a locked tenant to a plan.
pub(crate) async fn update_plan(tx: &mut TenantTx, plan: &str) -> pg::Result<()> {
    sqlx::query!("update tenants set plan = $1 where tenant_id = usher.current_tenant()", plan)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Says that a resolution of the locked tenant reads otherwise from now on.
pub(crate) async fn raise_epoch(tx: &mut TenantTx) -> pg::Result<()> {
    sqlx::query!("update tenants set epoch = epoch + 1 where tenant_id = usher.current_tenant()")
        .execute(&mut **tx)
        .await?;
    Ok(())
}
