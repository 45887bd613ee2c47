//! The row of `setup_links`, and whether it is needed.

use kernel::Timestamp;
use pg::TenantTx;

use crate::domain::{PlatformRole, Setup, TokenHash};

/// Puts this link in the place of the one before.
pub(crate) async fn replace_setup(
    tx: &mut TenantTx,
    hash: &TokenHash,
    setup: &Setup,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into setup_links (token_hash, created_at, expires_at) values ($1, $2, $3)
         on conflict on constraint setup_links_pkey do update
         set token_hash = excluded.token_hash, created_at = excluded.created_at,
             expires_at = excluded.expires_at, used_at = null",
        hash.as_bytes(),
        now as _,
        setup.expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn setup(tx: &mut TenantTx, hash: &TokenHash) -> pg::Result<Option<Setup>> {
    let row = sqlx::query_as!(
        Setup,
        r#"select expires_at as "expires_at: _", used_at as "used_at: _" from setup_links where token_hash = $1"#,
        hash.as_bytes(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn lock_setup(tx: &mut TenantTx, hash: &TokenHash) -> pg::Result<Option<Setup>> {
    let row = sqlx::query_as!(
        Setup,
        r#"select expires_at as "expires_at: _", used_at as "used_at: _" from setup_links where token_hash = $1
           for update"#,
        hash.as_bytes(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Uses the link up, which the caller has locked.
pub(crate) async fn use_setup(
    tx: &mut TenantTx,
    hash: &TokenHash,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update setup_links set used_at = $2 where token_hash = $1",
        hash.as_bytes(),
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether somebody who can sign in is trusted by the platform. In its own scope only.
pub(crate) async fn is_administered(tx: &mut TenantTx) -> pg::Result<bool> {
    let administered = sqlx::query_scalar!(
        r#"select exists (
               select from role_bindings b
               join memberships m using (tenant_id, user_id)
               join users u using (user_id)
               where b.tenant_id = usher.current_tenant() and b.role = $1 and m.status = 'active' and u.status = 'active')
           as "administered!""#,
        PlatformRole::SuperAdmin.as_str(),
    );
    Ok(administered.fetch_one(&mut **tx).await?)
}
