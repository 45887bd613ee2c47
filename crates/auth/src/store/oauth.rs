//! Rows of `oauth_clients` and `oauth_codes`.

use kernel::{Timestamp, UserId};
use pg::{PlatformTx, TenantTx};
use uuid::Uuid;

use crate::domain::{Code, KeptCode, OAuthClient};

/// A checked query for apps; what follows the tenant is given.
macro_rules! oauth_clients {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            OAuthClient,
            r#"select client_id, name, secret_hash, redirect_uris, scopes,
                      service_account_id as "service_account_id: _", created_at as "created_at: _",
                      ended_at as "ended_at: _", grants, post_logout_redirect_uris, backchannel_logout_uri,
                      backchannel_logout_session_required, jwks, require_pushed, implicit_consent
               from oauth_clients where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

/// A checked query for codes; what follows the tenant is given.
macro_rules! oauth_codes {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            KeptCode,
            r#"select client_id, user_id as "user_id: _", session_id as "session_id: _", redirect_uri, challenge, scope,
                      nonce, created_at as "created_at: _", expires_at as "expires_at: _", used_at as "used_at: _",
                      family_id
               from oauth_codes where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn insert_oauth_client(tx: &mut TenantTx, client: &OAuthClient) -> pg::Result<()> {
    sqlx::query!(
        "insert into oauth_clients (client_id, name, secret_hash, redirect_uris, scopes, service_account_id, created_at,
                                    grants, post_logout_redirect_uris, backchannel_logout_uri,
                                    backchannel_logout_session_required, jwks, require_pushed)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        client.client_id,
        client.name,
        client.secret_hash,
        &client.redirect_uris,
        &client.scopes,
        client.service_account_id as _,
        client.created_at as _,
        &client.grants,
        &client.post_logout_redirect_uris,
        client.backchannel_logout_uri,
        client.backchannel_logout_session_required,
        client.jwks,
        client.require_pushed,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn oauth_client(tx: &mut TenantTx, id: Uuid) -> pg::Result<Option<OAuthClient>> {
    Ok(oauth_clients!("and client_id = $1", id).fetch_optional(&mut **tx).await?)
}

/// The app, locked against other changes.
pub(crate) async fn lock_oauth_client(
    tx: &mut TenantTx,
    id: Uuid,
) -> pg::Result<Option<OAuthClient>> {
    let client = oauth_clients!("and client_id = $1 for no key update", id);
    Ok(client.fetch_optional(&mut **tx).await?)
}

/// The app, which nobody changes until the transaction ends; others may look as well.
pub(crate) async fn share_oauth_client(
    tx: &mut TenantTx,
    id: Uuid,
) -> pg::Result<Option<OAuthClient>> {
    Ok(oauth_clients!("and client_id = $1 for share", id).fetch_optional(&mut **tx).await?)
}

/// Makes those who make apps in the tenant wait for each other; there may be no row to lock yet.
pub(crate) async fn lock_oauth_clients(tx: &mut TenantTx) -> pg::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('apps of ' || usher.current_tenant()::text, 0))"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many apps of the tenant are not ended.
pub(crate) async fn count_oauth_clients(tx: &mut TenantTx) -> pg::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from oauth_clients
           where tenant_id = usher.current_tenant() and ended_at is null"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Apps after the id `after`, in the order of their ids.
pub(crate) async fn list_oauth_clients(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<OAuthClient>> {
    let clients = oauth_clients!(
        "and ($1::uuid is null or client_id > $1) order by client_id limit $2",
        after,
        limit
    );
    Ok(clients.fetch_all(&mut **tx).await?)
}

/// Keeps another secret, other keys, whether people are asked, or the end.
pub(crate) async fn update_oauth_client(tx: &mut TenantTx, client: &OAuthClient) -> pg::Result<()> {
    sqlx::query!(
        "update oauth_clients set secret_hash = $2, ended_at = $3, jwks = $4, implicit_consent = $5
         where tenant_id = usher.current_tenant() and client_id = $1",
        client.client_id,
        client.secret_hash,
        client.ended_at as _,
        client.jwks,
        client.implicit_consent,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_code(tx: &mut TenantTx, code: &Code, kept: &KeptCode) -> pg::Result<()> {
    sqlx::query!(
        "insert into oauth_codes (code_hash, client_id, user_id, session_id, redirect_uri, challenge, scope, nonce,
                                  created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        code.hash(),
        kept.client_id,
        kept.user_id as _,
        kept.session_id as _,
        kept.redirect_uri,
        kept.challenge,
        kept.scope,
        kept.nonce,
        kept.created_at as _,
        kept.expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn code(tx: &mut TenantTx, code: &Code) -> pg::Result<Option<KeptCode>> {
    Ok(oauth_codes!("and code_hash = $1", code.hash()).fetch_optional(&mut **tx).await?)
}

/// The code, locked: of those who show it at once one is first.
pub(crate) async fn lock_code(tx: &mut TenantTx, code: &Code) -> pg::Result<Option<KeptCode>> {
    let found = oauth_codes!("and code_hash = $1 for update", code.hash());
    Ok(found.fetch_optional(&mut **tx).await?)
}

/// Uses a code up, for the family that it gave, if it gave one.
pub(crate) async fn use_code(
    tx: &mut TenantTx,
    code: &Code,
    family_id: Option<Uuid>,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update oauth_codes set used_at = $2, family_id = $3
         where tenant_id = usher.current_tenant() and code_hash = $1",
        code.hash(),
        now as _,
        family_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes the codes that a person gave to apps in this tenant and that nobody has shown; how many went.
pub(crate) async fn delete_codes_here(tx: &mut TenantTx, user_id: UserId) -> pg::Result<u64> {
    let deleted = sqlx::query!(
        "delete from oauth_codes where tenant_id = usher.current_tenant() and user_id = $1 and used_at is null",
        user_id as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(deleted.rows_affected())
}

/// Removes what a person gave to apps, of all tenants.
pub(crate) async fn delete_codes_of(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!("delete from oauth_codes where user_id = $1", user_id as _)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes codes that expired before `before`, of all tenants.
pub(crate) async fn delete_codes(tx: &mut PlatformTx, before: Timestamp) -> pg::Result<u64> {
    let deleted = sqlx::query!("delete from oauth_codes where expires_at < $1", before as _)
        .execute(&mut **tx)
        .await?;
    Ok(deleted.rows_affected())
}
