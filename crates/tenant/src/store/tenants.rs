//! Rows of `tenants`.

use kernel::{Slug, TenantId};
use pg::{OnConstraint, PlatformTx, TenantTx};

use crate::{Error, Result, domain::Tenant};

pub(crate) async fn insert_tenant(tx: &mut TenantTx, tenant: &Tenant) -> Result<()> {
    sqlx::query!(
        "insert into tenants (tenant_id, slug, name, status, locale, created_at) values ($1, $2, $3, $4, $5, $6)",
        tenant.tenant_id as _,
        tenant.slug.as_str(),
        tenant.name.as_str(),
        tenant.status.as_str(),
        tenant.locale.as_str(),
        tenant.created_at as _,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("tenants_slug_key", || Error::SlugTaken)?;
    Ok(())
}

/// The tenant this transaction is bound to.
pub(crate) async fn tenant(tx: &mut TenantTx) -> Result<Option<Tenant>, pg::Error> {
    let row = sqlx::query_as!(
        Tenant,
        r#"select tenant_id as "tenant_id: _", slug as "slug: _", name as "name: _", status as "status: _",
                  locale as "locale: _", created_at as "created_at: _"
           from tenants where tenant_id = usher.current_tenant()"#
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn tenant_by_slug(
    tx: &mut PlatformTx,
    slug: &Slug,
) -> Result<Option<Tenant>, pg::Error> {
    let row = sqlx::query_as!(
        Tenant,
        r#"select tenant_id as "tenant_id: _", slug as "slug: _", name as "name: _", status as "status: _",
                  locale as "locale: _", created_at as "created_at: _"
           from tenants where slug = $1"#,
        slug.as_str()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn list_tenants(
    tx: &mut PlatformTx,
    after: Option<TenantId>,
    limit: i64,
) -> Result<Vec<Tenant>, pg::Error> {
    let rows = sqlx::query_as!(
        Tenant,
        r#"select tenant_id as "tenant_id: _", slug as "slug: _", name as "name: _", status as "status: _",
                  locale as "locale: _", created_at as "created_at: _"
           from tenants where $1::uuid is null or tenant_id > $1 order by tenant_id limit $2"#,
        after as _,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
