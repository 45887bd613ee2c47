//! Rows of `oauth_devices`.

use kernel::{SessionId, Timestamp, UserId};
use pg::{OnConstraint, PlatformTx, TenantTx};
use uuid::Uuid;

use crate::{
    Error, Result,
    domain::{DeviceAnswer, DeviceCode, KeptDevice},
};

/// A checked query for devices; what comes between the tables' name and the end is given.
macro_rules! oauth_devices {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            KeptDevice,
            r#"select tenant_id as "tenant_id: _", code_hash, client_id, scope, created_at as "created_at: _",
                      expires_at as "expires_at: _", polled_at as "polled_at: _", wait_seconds, answer as "answer: _",
                      user_id as "user_id: _", session_id as "session_id: _", used_at as "used_at: _"
               from oauth_devices where "# + $rest
            $(, $argument)*
        )
    };
}

/// Keeps a device's question.
///
/// # Errors
/// [`Error::Busy`] where another device has the same code for people, which asking again mends.
pub(crate) async fn insert_device(
    tx: &mut TenantTx,
    device: &KeptDevice,
    user_code_hash: &[u8],
) -> Result<()> {
    sqlx::query!(
        "insert into oauth_devices (code_hash, user_code_hash, client_id, scope, created_at, expires_at, wait_seconds)
         values ($1, $2, $3, $4, $5, $6, $7)",
        device.code_hash,
        user_code_hash,
        device.client_id,
        device.scope,
        device.created_at as _,
        device.expires_at as _,
        device.wait_seconds,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("oauth_devices_user_code_hash_key", || Error::Busy)?;
    Ok(())
}

/// The device for which a person types what has one of these hashes, of any tenant; none where two tenants have one each, by
/// chance: nobody could tell which is meant.
pub(crate) async fn device_by_user_code(
    tx: &mut PlatformTx,
    hashes: &[Vec<u8>],
) -> pg::Result<Option<KeptDevice>> {
    let found = oauth_devices!("user_code_hash = any($1) limit 2", hashes);
    let mut found = found.fetch_all(&mut **tx).await?;
    Ok(found.pop().filter(|_| found.is_empty()))
}

pub(crate) async fn device(tx: &mut TenantTx, code: &DeviceCode) -> pg::Result<Option<KeptDevice>> {
    let found =
        oauth_devices!("tenant_id = usher.current_tenant() and code_hash = $1", code.hash());
    Ok(found.fetch_optional(&mut **tx).await?)
}

/// A device, locked: of those who answer or ask at once one is first.
pub(crate) async fn lock_device(
    tx: &mut TenantTx,
    code_hash: &[u8],
) -> pg::Result<Option<KeptDevice>> {
    let found = oauth_devices!(
        "tenant_id = usher.current_tenant() and code_hash = $1 for update",
        code_hash
    );
    Ok(found.fetch_optional(&mut **tx).await?)
}

/// Keeps what the person says.
pub(crate) async fn answer_device(
    tx: &mut TenantTx,
    code_hash: &[u8],
    answer: DeviceAnswer,
    (user_id, session_id): (UserId, SessionId),
) -> pg::Result<()> {
    sqlx::query!(
        "update oauth_devices set answer = $2, user_id = $3, session_id = $4
         where tenant_id = usher.current_tenant() and code_hash = $1",
        code_hash,
        answer.as_str(),
        user_id as _,
        session_id as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that the device asked, and how long it waits until it asks again.
pub(crate) async fn note_poll(
    tx: &mut TenantTx,
    code_hash: &[u8],
    wait_seconds: i32,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update oauth_devices set polled_at = $2, wait_seconds = $3
         where tenant_id = usher.current_tenant() and code_hash = $1",
        code_hash,
        now as _,
        wait_seconds,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The device has its tokens.
pub(crate) async fn use_device(
    tx: &mut TenantTx,
    code_hash: &[u8],
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update oauth_devices set used_at = $2 where tenant_id = usher.current_tenant() and code_hash = $1",
        code_hash,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes what a person said of devices in this tenant that have not got tokens by it; how many went.
pub(crate) async fn delete_devices_here(tx: &mut TenantTx, user_id: UserId) -> pg::Result<u64> {
    let deleted = sqlx::query!(
        "delete from oauth_devices where tenant_id = usher.current_tenant() and user_id = $1 and used_at is null",
        user_id as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(deleted.rows_affected())
}

/// How many questions of an app wait for an answer. Whoever begins another one waits until the transaction ends.
pub(crate) async fn lock_open_devices(
    tx: &mut TenantTx,
    client_id: Uuid,
    now: Timestamp,
) -> pg::Result<i64> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('devices of ' || $1::text, 0))",
        client_id.to_string()
    )
    .execute(&mut **tx)
    .await?;
    let open = sqlx::query_scalar!(
        r#"select count(*) as "open!" from oauth_devices
           where tenant_id = usher.current_tenant() and client_id = $1 and answer is null and expires_at > $2"#,
        client_id,
        now as _
    );
    Ok(open.fetch_one(&mut **tx).await?)
}

/// Removes what a person said of devices, of all tenants.
pub(crate) async fn delete_devices_of(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!("delete from oauth_devices where user_id = $1", user_id as _)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes questions that expired before `before`, of all tenants.
pub(crate) async fn delete_devices(tx: &mut PlatformTx, before: Timestamp) -> pg::Result<u64> {
    let deleted = sqlx::query!("delete from oauth_devices where expires_at < $1", before as _)
        .execute(&mut **tx)
        .await?;
    Ok(deleted.rows_affected())
}
