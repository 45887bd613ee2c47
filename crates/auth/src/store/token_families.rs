//! Rows of `token_families`.

use kernel::{SessionId, Timestamp, UserId};
use pg::{PlatformTx, TenantTx};
use uuid::Uuid;

use crate::domain::{FamilyEnd, TokenFamily};

/// A checked query for families; what follows the table's name is given.
macro_rules! token_families {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            TokenFamily,
            r#"select family_id, user_id as "user_id: _", session_id as "session_id: _", client_id, generation,
                      token_hash, former_hash, turned_at as "turned_at: _", used, created_at as "created_at: _",
                      expires_at as "expires_at: _", ended_at as "ended_at: _", scope
               from token_families "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn insert_token_family(tx: &mut TenantTx, family: &TokenFamily) -> pg::Result<()> {
    sqlx::query!(
        "insert into token_families (family_id, user_id, session_id, client_id, generation, token_hash, turned_at,
                                     created_at, expires_at, scope)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        family.family_id,
        family.user_id as _,
        family.session_id as _,
        family.client_id,
        family.generation,
        family.token_hash,
        family.turned_at as _,
        family.created_at as _,
        family.expires_at as _,
        family.scope,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn token_family(
    tx: &mut TenantTx,
    family_id: Uuid,
) -> pg::Result<Option<TokenFamily>> {
    let query =
        token_families!("where tenant_id = usher.current_tenant() and family_id = $1", family_id);
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// A family, locked until the transaction ends: of those who renew it at once one does.
pub(crate) async fn lock_token_family(
    tx: &mut TenantTx,
    family_id: Uuid,
) -> pg::Result<Option<TokenFamily>> {
    let query = token_families!(
        "where tenant_id = usher.current_tenant() and family_id = $1 for update",
        family_id
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// Begins the next generation.
pub(crate) async fn turn_token_family(tx: &mut TenantTx, family: &TokenFamily) -> pg::Result<()> {
    sqlx::query!(
        "update token_families
         set generation = $2, token_hash = $3, former_hash = token_hash, turned_at = $4, used = false
         where tenant_id = usher.current_tenant() and family_id = $1",
        family.family_id,
        family.generation,
        family.token_hash,
        family.turned_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that an access token of this generation was shown; of many at once one writes.
pub(crate) async fn note_family_use(
    tx: &mut TenantTx,
    family_id: Uuid,
    generation: i32,
) -> pg::Result<()> {
    sqlx::query!(
        "update token_families set used = true
         where tenant_id = usher.current_tenant() and family_id = $1 and generation = $2 and not used",
        family_id,
        generation,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends a family; false where it had ended.
pub(crate) async fn end_token_family(
    tx: &mut TenantTx,
    family_id: Uuid,
    cause: FamilyEnd,
    now: Timestamp,
) -> pg::Result<bool> {
    let ended = sqlx::query!(
        "update token_families set ended_at = $2, end_cause = $3
         where tenant_id = usher.current_tenant() and family_id = $1 and ended_at is null",
        family_id,
        now as _,
        cause.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends the families that an app has.
pub(crate) async fn end_families_of(
    tx: &mut TenantTx,
    client_id: &str,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update token_families set ended_at = $2, end_cause = 'revoked'
         where tenant_id = usher.current_tenant() and client_id = $1 and ended_at is null",
        client_id,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the families that a person has in this tenant; how many ended.
pub(crate) async fn end_families_of_person(
    tx: &mut TenantTx,
    user_id: UserId,
    now: Timestamp,
) -> pg::Result<u64> {
    let ended = sqlx::query!(
        "update token_families set ended_at = $2, end_cause = 'revoked'
         where tenant_id = usher.current_tenant() and user_id = $1 and ended_at is null",
        user_id as _,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected())
}

/// Ends the families that an app has in a session but for the `kept` youngest.
pub(crate) async fn end_oldest_families(
    tx: &mut TenantTx,
    (session_id, client_id): (SessionId, &str),
    kept: i64,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update token_families set ended_at = $3, end_cause = 'revoked'
         where tenant_id = usher.current_tenant() and ended_at is null and family_id in (
             select family_id from token_families
             where tenant_id = usher.current_tenant() and session_id = $1 and client_id = $2 and ended_at is null
             order by created_at desc, family_id desc offset $4)",
        session_id as _,
        client_id,
        now as _,
        kept
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes those who begin families in a session wait for each other; there may be no row to lock yet.
pub(crate) async fn lock_families_of(tx: &mut TenantTx, session_id: SessionId) -> pg::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('families of ' || $1::text, 0))",
        session_id.to_string()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The families that a session has in this tenant.
pub(crate) async fn count_token_families(
    tx: &mut TenantTx,
    session_id: SessionId,
    now: Timestamp,
) -> pg::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from token_families
           where tenant_id = usher.current_tenant() and session_id = $1 and ended_at is null and expires_at > $2"#,
        session_id as _,
        now as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Removes the families of a person, of all tenants.
pub(crate) async fn delete_families_of(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!("delete from token_families where user_id = $1", user_id as _)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes families that expired before `before`, of all tenants.
pub(crate) async fn delete_token_families(
    tx: &mut PlatformTx,
    before: Timestamp,
) -> pg::Result<u64> {
    let deleted = sqlx::query!("delete from token_families where expires_at < $1", before as _)
        .execute(&mut **tx)
        .await?;
    Ok(deleted.rows_affected())
}
