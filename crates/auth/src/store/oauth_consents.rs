//! Rows of `oauth_consents`.

use kernel::{TenantId, Timestamp, UserId};
use pg::{PlatformTx, TenantTx};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::{ClientName, Consent};

/// Keeps what the person agrees to, beside what they have agreed to before.
pub(crate) async fn upsert_consent(
    tx: &mut TenantTx,
    consent_id: Uuid,
    (user_id, client): (UserId, ClientName),
    scopes: &[String],
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into oauth_consents as known (consent_id, user_id, client_tenant_id, client_id, scopes, created_at,
                                              agreed_at)
         values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (tenant_id, user_id, client_id) do update
         set agreed_at = excluded.agreed_at,
             scopes = (select array_agg(distinct scope order by scope)
                       from unnest(known.scopes || excluded.scopes) scope)",
        consent_id,
        user_id as _,
        client.tenant as _,
        client.client_id,
        scopes,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the person has agreed to; nothing where they have not. Nobody withdraws it until the transaction ends.
pub(crate) async fn share_consent(
    tx: &mut TenantTx,
    user_id: UserId,
    client_id: Uuid,
) -> pg::Result<Vec<String>> {
    let scopes = sqlx::query_scalar!(
        "select scopes from oauth_consents
         where tenant_id = usher.current_tenant() and user_id = $1 and client_id = $2 for share",
        user_id as _,
        client_id
    );
    Ok(scopes.fetch_optional(&mut **tx).await?.unwrap_or_default())
}

/// What the person has agreed to in all tenants, the oldest first.
pub(crate) async fn consents_of(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<Vec<Consent>> {
    let rows = sqlx::query!(
        r#"select o.consent_id, o.tenant_id as "tenant: TenantId", o.client_tenant_id as "client_tenant: TenantId",
                  o.client_id, c.name, o.scopes, o.created_at as "created_at: Timestamp",
                  o.agreed_at as "agreed_at: Timestamp"
           from oauth_consents o
           join oauth_clients c on (c.tenant_id, c.client_id) = (o.client_tenant_id, o.client_id)
           where o.user_id = $1 and c.ended_at is null order by o.created_at, o.consent_id limit 1000"#,
        user_id as _
    )
    .fetch_all(&mut **tx)
    .await?;
    let consents = rows.into_iter().map(|row| Consent {
        consent_id: row.consent_id,
        tenant: row.tenant,
        client: ClientName { tenant: row.client_tenant, client_id: row.client_id },
        client_name: row.name,
        scopes: row.scopes,
        created_at: row.created_at,
        agreed_at: row.agreed_at,
    });
    Ok(consents.collect())
}

/// Takes a consent of the person away; where it counted and for which app.
pub(crate) async fn delete_consent(
    tx: &mut PlatformTx,
    user_id: UserId,
    consent_id: Uuid,
) -> pg::Result<Option<(TenantId, ClientName)>> {
    let row = sqlx::query!(
        r#"delete from oauth_consents where user_id = $1 and consent_id = $2
           returning tenant_id as "tenant: TenantId", client_tenant_id as "client_tenant: TenantId", client_id"#,
        user_id as _,
        consent_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        (row.tenant, ClientName { tenant: row.client_tenant, client_id: row.client_id })
    }))
}

/// Ends what an app has of a person in a tenant: codes that it has not shown yet, devices that have not got tokens yet, and
/// families of tokens.
pub(crate) async fn end_app_of_person(
    tx: &mut PlatformTx,
    tenant: TenantId,
    (user_id, client): (UserId, ClientName),
    now: Timestamp,
) -> pg::Result<()> {
    // First codes and devices: one that is being shown is waited for, and what it gives ends below.
    sqlx::query!(
        "delete from oauth_codes where tenant_id = $1 and user_id = $2 and client_id = $3 and used_at is null",
        tenant as _,
        user_id as _,
        client.client_id
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from oauth_devices where tenant_id = $1 and user_id = $2 and client_id = $3 and used_at is null",
        tenant as _,
        user_id as _,
        client.client_id
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update token_families set ended_at = $4, end_cause = 'revoked'
         where tenant_id = $1 and user_id = $2 and client_id = $3 and ended_at is null",
        tenant as _,
        user_id as _,
        client.to_string(),
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the families that an app has in all tenants.
pub(crate) async fn end_families_everywhere(
    tx: &mut PlatformTx,
    client: ClientName,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update token_families set ended_at = $2, end_cause = 'revoked' where client_id = $1 and ended_at is null",
        client.to_string(),
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets what somebody agreed to in this tenant; how many consents went.
pub(crate) async fn delete_consents_here(tx: &mut TenantTx, user_id: UserId) -> pg::Result<u64> {
    let deleted = sqlx::query!(
        "delete from oauth_consents where tenant_id = usher.current_tenant() and user_id = $1",
        user_id as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(deleted.rows_affected())
}

/// Forgets what somebody agreed to, in all tenants.
pub(crate) async fn delete_consents_of(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!("delete from oauth_consents where user_id = $1", user_id as _)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What the person has agreed to in all tenants, in the form of `usher.auth.v1.ConsentRecord`.
pub(crate) async fn consent_records(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<Value> {
    let records = sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "records!" from (
               select o.tenant_id as "tenantId", c.name as "clientName", o.scopes, o.agreed_at as "agreedAt"
               from oauth_consents o
               join oauth_clients c on (c.tenant_id, c.client_id) = (o.client_tenant_id, o.client_id)
               where o.user_id = $1 order by o.agreed_at desc limit 2000) r"#,
        user_id as _,
    );
    Ok(records.fetch_one(&mut **tx).await?)
}
