//! Rows of `domains`.

use kernel::{TenantId, Timestamp};
use pg::{OnConstraint, PlatformTx, TenantTx};
use uuid::Uuid;

use crate::{
    Error, Result,
    domain::{Domain, Host, Tenant},
};

/// Adds a claim; false where the tenant claims the host already.
pub(crate) async fn insert_domain(tx: &mut TenantTx, domain: &Domain, by: &str) -> Result<bool> {
    let added = sqlx::query!(
        "insert into domains (domain_id, host, token, next_check_at, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6) on conflict on constraint domains_tenant_id_host_key do nothing",
        domain.domain_id,
        domain.host.as_str(),
        domain.token,
        domain.next_check_at as _,
        domain.created_at as _,
        by,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("domains_tenant_id_fkey", || Error::TenantNotFound)?;
    Ok(added.rows_affected() == 1)
}

pub(crate) async fn domain_of_host(tx: &mut TenantTx, host: &Host) -> pg::Result<Option<Domain>> {
    let row = sqlx::query_as!(
        Domain,
        r#"select domain_id, host as "host: _", token, status as "status: _", misses, missed_at as "missed_at: _",
                  problem, proven_at as "proven_at: _", checked_at as "checked_at: _",
                  next_check_at as "next_check_at: _", created_at as "created_at: _"
           from domains where tenant_id = usher.current_tenant() and host = $1"#,
        host.as_str(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn list_domains(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<Domain>> {
    let rows = sqlx::query_as!(
        Domain,
        r#"select domain_id, host as "host: _", token, status as "status: _", misses, missed_at as "missed_at: _",
                  problem, proven_at as "proven_at: _", checked_at as "checked_at: _",
                  next_check_at as "next_check_at: _", created_at as "created_at: _"
           from domains where tenant_id = usher.current_tenant() and ($1::uuid is null or domain_id > $1)
           order by domain_id limit $2"#,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// How many hosts the tenant claims.
pub(crate) async fn count_domains(tx: &mut TenantTx) -> pg::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from domains where tenant_id = usher.current_tenant()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// The claim, which nobody else changes until the transaction ends.
pub(crate) async fn lock_domain(tx: &mut TenantTx, id: Uuid) -> pg::Result<Option<Domain>> {
    let row = sqlx::query_as!(
        Domain,
        r#"select domain_id, host as "host: _", token, status as "status: _", misses, missed_at as "missed_at: _",
                  problem, proven_at as "proven_at: _", checked_at as "checked_at: _",
                  next_check_at as "next_check_at: _", created_at as "created_at: _"
           from domains where tenant_id = usher.current_tenant() and domain_id = $1 for update"#,
        id,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Keeps what a look brought.
pub(crate) async fn update_domain(tx: &mut TenantTx, domain: &Domain) -> Result<()> {
    sqlx::query!(
        "update domains set status = $2, misses = $3, problem = $4, proven_at = $5, checked_at = $6, next_check_at = $7,
                            missed_at = $8
         where tenant_id = usher.current_tenant() and domain_id = $1",
        domain.domain_id,
        domain.status.as_str(),
        domain.misses,
        domain.problem,
        domain.proven_at as _,
        domain.checked_at as _,
        domain.next_check_at as _,
        domain.missed_at as _,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("domains_host_key", || Error::HostTaken)?;
    Ok(())
}

pub(crate) async fn delete_domain(tx: &mut TenantTx, id: Uuid) -> pg::Result<()> {
    sqlx::query!(
        "delete from domains where tenant_id = usher.current_tenant() and domain_id = $1",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes every claim of the tenant; those that were proven, by host.
pub(crate) async fn delete_domains(tx: &mut TenantTx) -> pg::Result<Vec<(Uuid, Host)>> {
    let rows = sqlx::query!(
        r#"with gone as (
               delete from domains where tenant_id = usher.current_tenant() returning domain_id, host, status
           )
           select domain_id as "domain_id!", host as "host!: Host" from gone where status = 'proven' order by host"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.domain_id, row.host)).collect())
}

/// Claims that are to be looked at by `now`, longest waiting first.
pub(crate) async fn list_due_domains(
    tx: &mut PlatformTx,
    now: Timestamp,
    limit: i64,
) -> pg::Result<Vec<(TenantId, Uuid)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant_id: TenantId", domain_id from domains
           where next_check_at <= $1 order by next_check_at limit $2"#,
        now as _,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.domain_id)).collect())
}

/// Has the proof of whoever holds a host looked for at once.
pub(crate) async fn hasten_holder(
    tx: &mut PlatformTx,
    host: &Host,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update domains set next_check_at = $2 where host = $1 and status = 'proven' and next_check_at > $2",
        host.as_str(),
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The tenant that has proven the first of these hosts that anybody has.
pub(crate) async fn tenant_by_host(
    tx: &mut PlatformTx,
    candidates: &[String],
) -> pg::Result<Option<Tenant>> {
    let row = sqlx::query_as(
        "select t.* from domains d join tenant_records t using (tenant_id)
         where d.status = 'proven' and d.host = any($1) order by array_position($1, d.host) limit 1",
    );
    Ok(row.bind(candidates).fetch_optional(&mut **tx).await?)
}
