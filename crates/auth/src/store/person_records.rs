//! What is kept of how a person signs in.

use kernel::UserId;
use pg::{PlatformTx, TenantTx};
use serde_json::Value;

/// Who the person is at the providers of all tenants, in the form of `usher.auth.v1.SsoLinkRecord`.
pub(crate) async fn sso_link_records(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<Value> {
    let records = sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "records!" from (
               select i.tenant_id as "tenantId", c.issuer, i.subject, i.linked_at as "linkedAt"
               from sso_identities i join sso_connections c using (tenant_id, connection_id)
               where i.user_id = $1 order by i.linked_at desc limit 2000) r"#,
        user_id as _,
    );
    Ok(records.fetch_one(&mut **tx).await?)
}

/// All of it that is no secret but who the person is at providers, in the form of `usher.auth.v1.SignInRecord`.
pub(crate) async fn sign_in_record(tx: &mut TenantTx, user_id: UserId) -> pg::Result<Value> {
    let record = sqlx::query_scalar!(
        r#"select jsonb_strip_nulls(jsonb_build_object(
               'passwords', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select email, created_at as "setAt" from credentials
                   where user_id = $1 and hash is not null order by created_at desc limit 2000) r),
               'sessions', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select method, device, address, created_at as "signedInAt", last_used_at as "lastUsedAt",
                          expires_at as "expiresAt", ended_at as "endedAt"
                   from sessions where user_id = $1 order by session_id desc limit 2000) r),
               'factors', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select 'totp' as kind, confirmed_at as "addedAt", 1 as count from totp_factors
                   where tenant_id = usher.current_tenant() and user_id = $1 and confirmed_at is not null
                   union all
                   select 'passkey', created_at, 1 from passkeys where user_id = $1 and staged_with is null
                   union all
                   select 'recovery_codes', null, count(*)::integer from recovery_codes
                   where user_id = $1 having count(*) > 0) r),
               'letters', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select kind, created_at as "askedAt", used_at as "usedAt" from letters
                   where user_id = $1 order by created_at desc limit 2000) r)
           )) as "record!""#,
        user_id as _,
    );
    Ok(record.fetch_one(&mut **tx).await?)
}
