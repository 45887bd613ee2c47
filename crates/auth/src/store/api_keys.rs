//! Rows of `api_keys`.

use kernel::{Timestamp, UserId};
use pg::{PlatformTx, TenantTx};
use uuid::Uuid;

use crate::domain::{ApiKey, KeySecret};

/// A checked query for keys; what follows the tenant is given.
macro_rules! api_keys {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            ApiKey,
            r#"select api_key_id, name, subject_type as "subject_type: _", subject_id as "subject_id: _", hint, scopes,
                      requests_per_minute, created_at as "created_at: _", created_by, expires_at as "expires_at: _",
                      last_used_at as "last_used_at: _", revoked_at as "revoked_at: _"
               from api_keys where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn insert_api_key(
    tx: &mut TenantTx,
    key: &ApiKey,
    secret: &KeySecret,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into api_keys (api_key_id, name, subject_type, subject_id, secret_hash, hint, scopes,
                               requests_per_minute, created_at, created_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        key.api_key_id,
        key.name,
        key.subject_type.as_str(),
        key.subject_id as _,
        secret.hash(),
        key.hint,
        &key.scopes,
        key.requests_per_minute,
        key.created_at as _,
        key.created_by,
        key.expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The key, locked against other changes.
pub(crate) async fn lock_api_key(tx: &mut TenantTx, id: Uuid) -> pg::Result<Option<ApiKey>> {
    Ok(api_keys!("and api_key_id = $1 for update", id).fetch_optional(&mut **tx).await?)
}

/// The key of a secret: its own, or its former one while that goes on.
pub(crate) async fn api_key_by_secret(
    tx: &mut TenantTx,
    secret: &KeySecret,
    now: Timestamp,
) -> pg::Result<Option<ApiKey>> {
    let found = api_keys!(
        "and (secret_hash = $1 or (former_hash = $1 and former_until > $2))",
        secret.hash(),
        now as _
    );
    Ok(found.fetch_optional(&mut **tx).await?)
}

/// Keys after the id `after`, in the order of their ids.
pub(crate) async fn list_api_keys(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<ApiKey>> {
    let keys = api_keys!(
        "and ($1::uuid is null or api_key_id > $1) order by api_key_id limit $2",
        after,
        limit
    );
    Ok(keys.fetch_all(&mut **tx).await?)
}

/// Makes those who make keys in the tenant wait for each other; there may be no row to lock yet.
pub(crate) async fn lock_api_keys(tx: &mut TenantTx) -> pg::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('api keys of ' || usher.current_tenant()::text, 0))"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many keys of the tenant are not ended.
pub(crate) async fn count_api_keys(tx: &mut TenantTx) -> pg::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from api_keys
           where tenant_id = usher.current_tenant() and revoked_at is null"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Puts another secret in the place of the present one, which goes on until `until`.
pub(crate) async fn replace_secret(
    tx: &mut TenantTx,
    id: Uuid,
    secret: &KeySecret,
    until: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update api_keys set former_hash = secret_hash, former_until = $4, secret_hash = $2, hint = $3
         where tenant_id = usher.current_tenant() and api_key_id = $1",
        id,
        secret.hash(),
        secret.hint(),
        until as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends a key.
pub(crate) async fn revoke_api_key(tx: &mut TenantTx, id: Uuid, now: Timestamp) -> pg::Result<()> {
    sqlx::query!(
        "update api_keys set revoked_at = $2 where tenant_id = usher.current_tenant() and api_key_id = $1",
        id,
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends a person's own keys; how many ended.
pub(crate) async fn revoke_keys_of(
    tx: &mut TenantTx,
    user_id: UserId,
    now: Timestamp,
) -> pg::Result<u64> {
    let ended = sqlx::query!(
        "update api_keys set revoked_at = $2
         where tenant_id = usher.current_tenant() and subject_type = 'person' and subject_id = $1
             and revoked_at is null",
        user_id as _,
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected())
}

/// Removes a person's own keys, of all tenants.
pub(crate) async fn delete_keys_of(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!(
        "delete from api_keys where subject_type = 'person' and subject_id = $1",
        user_id as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes keys that ended before `before`, of all tenants.
pub(crate) async fn delete_ended_keys(tx: &mut PlatformTx, before: Timestamp) -> pg::Result<u64> {
    let deleted =
        sqlx::query!("delete from api_keys where revoked_at < $1 or expires_at < $1", before as _)
            .execute(&mut **tx)
            .await?;
    Ok(deleted.rows_affected())
}

/// Notes that the key was used; of requests at the same time one is enough.
pub(crate) async fn note_api_key_use(
    tx: &mut TenantTx,
    id: Uuid,
    former: Option<Timestamp>,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update api_keys set last_used_at = $3
         where tenant_id = usher.current_tenant() and api_key_id = $1 and last_used_at is not distinct from $2",
        id,
        former as _,
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
