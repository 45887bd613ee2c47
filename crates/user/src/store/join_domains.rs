//! Rows of `join_domains`.

use kernel::TenantId;
use pg::{PlatformTx, TenantTx};

use crate::domain::{JoinDomain, Way};

/// The way in for people of this domain, if there is one.
pub(crate) async fn join_domain_of(
    tx: &mut TenantTx,
    domain: &str,
) -> pg::Result<Option<JoinDomain>> {
    let row = sqlx::query_as!(
        JoinDomain,
        r#"select domain, way as "way: _", role, set_by, set_at as "set_at: _" from join_domains
           where tenant_id = usher.current_tenant() and domain = $1"#,
        domain,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// All of the tenant's, by name.
pub(crate) async fn list_join_domains(tx: &mut TenantTx) -> pg::Result<Vec<JoinDomain>> {
    let rows = sqlx::query_as!(
        JoinDomain,
        r#"select domain, way as "way: _", role, set_by, set_at as "set_at: _" from join_domains
           where tenant_id = usher.current_tenant() order by domain"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

pub(crate) async fn count_join_domains(tx: &mut TenantTx) -> pg::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from join_domains where tenant_id = usher.current_tenant()"#
    );
    Ok(count.fetch_one(&mut **tx).await?)
}

/// Puts this in the place of what was set for the domain before.
pub(crate) async fn upsert_join_domain(tx: &mut TenantTx, set: &JoinDomain) -> pg::Result<()> {
    sqlx::query!(
        "insert into join_domains (domain, way, role, set_by, set_at) values ($1, $2, $3, $4, $5)
         on conflict on constraint join_domains_pkey do update
         set way = excluded.way, role = excluded.role, set_by = excluded.set_by, set_at = excluded.set_at",
        set.domain,
        set.way.as_str(),
        set.role,
        set.set_by,
        set.set_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the way in; false where there was none.
pub(crate) async fn delete_join_domain(tx: &mut TenantTx, domain: &str) -> pg::Result<bool> {
    let gone = sqlx::query!(
        "delete from join_domains where tenant_id = usher.current_tenant() and domain = $1",
        domain,
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected() == 1)
}

/// The tenants that let people of this domain in, by id.
pub(crate) async fn joinable(
    tx: &mut PlatformTx,
    domain: &str,
    limit: i64,
) -> pg::Result<Vec<(TenantId, Way)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant_id: TenantId", way as "way: Way" from join_domains
           where domain = $1 order by tenant_id limit $2"#,
        domain,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.way)).collect())
}
