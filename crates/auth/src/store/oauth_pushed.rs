//! Rows of `oauth_pushed`.

use kernel::Timestamp;
use pg::{PlatformTx, TenantTx};
use uuid::Uuid;

use crate::domain::{Pushed, RequestUri};

pub(crate) async fn insert_pushed(
    tx: &mut TenantTx,
    uri: &RequestUri,
    pushed: &Pushed,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into oauth_pushed (pushed_hash, client_id, redirect_uri, scope, state, nonce, challenge, prompt,
                                   created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        uri.hash(),
        pushed.client_id,
        pushed.redirect_uri,
        pushed.scope,
        pushed.state,
        pushed.nonce,
        pushed.challenge,
        pushed.prompt,
        pushed.created_at as _,
        pushed.expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn pushed(tx: &mut TenantTx, uri: &RequestUri) -> pg::Result<Option<Pushed>> {
    let row = sqlx::query_as!(
        Pushed,
        r#"select client_id, redirect_uri, scope, state, nonce, challenge, prompt, created_at as "created_at: _",
                  expires_at as "expires_at: _", used_at as "used_at: _"
           from oauth_pushed where tenant_id = usher.current_tenant() and pushed_hash = $1"#,
        uri.hash()
    );
    Ok(row.fetch_optional(&mut **tx).await?)
}

/// Uses up what was pushed; false where somebody was first.
pub(crate) async fn use_pushed(
    tx: &mut TenantTx,
    uri: &RequestUri,
    now: Timestamp,
) -> pg::Result<bool> {
    let used = sqlx::query!(
        "update oauth_pushed set used_at = $2
         where tenant_id = usher.current_tenant() and pushed_hash = $1 and used_at is null",
        uri.hash(),
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// How much that an app pushed may still be shown. Whoever pushes more waits until the transaction ends.
pub(crate) async fn lock_open_pushed(
    tx: &mut TenantTx,
    client_id: Uuid,
    now: Timestamp,
) -> pg::Result<i64> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('pushed by ' || $1::text, 0))",
        client_id.to_string()
    )
    .execute(&mut **tx)
    .await?;
    let open = sqlx::query_scalar!(
        r#"select count(*) as "open!" from oauth_pushed
           where tenant_id = usher.current_tenant() and client_id = $1 and used_at is null and expires_at > $2"#,
        client_id,
        now as _
    );
    Ok(open.fetch_one(&mut **tx).await?)
}

/// Removes what expired before `before`, of all tenants.
pub(crate) async fn delete_pushed(tx: &mut PlatformTx, before: Timestamp) -> pg::Result<u64> {
    let deleted = sqlx::query!("delete from oauth_pushed where expires_at < $1", before as _)
        .execute(&mut **tx)
        .await?;
    Ok(deleted.rows_affected())
}
