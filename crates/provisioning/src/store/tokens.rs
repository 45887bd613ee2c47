//! The sealed marketplace token of a client, and the history of its tokens.

use kernel::{ClientId, TenantId, Timestamp};
use pg::{PlatformTx, TenantTx};
use vault::{Hint, Sealed};

use crate::domain::{WbScope, threshold_due};

pub(crate) async fn sealed_token(tx: &mut TenantTx, id: ClientId) -> pg::Result<Option<Sealed>> {
    let sealed = sqlx::query_scalar!(
        r#"select wb_token as "wb_token: Sealed" from clients where client_id = $1"#,
        id as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(sealed.flatten())
}

/// Puts another token in the place of the client's.
pub(crate) async fn update_token(
    tx: &mut TenantTx,
    id: ClientId,
    token: &Sealed,
    hint: &Hint,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update clients set wb_token = $2, wb_token_hint = $3, updated_at = $4 where client_id = $1",
        id as _,
        token as _,
        hint.as_str(),
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Destroys the client's token here; its history stays.
pub(crate) async fn forget_token(
    tx: &mut TenantTx,
    id: ClientId,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update clients set wb_token = null, wb_token_hint = null where client_id = $1",
        id as _
    )
    .execute(&mut **tx)
    .await?;
    retire_token(tx, id, now).await
}

/// A token of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownToken {
    pub(crate) hint: Hint,
    pub(crate) seller: String,
    /// Words of [`WbScope`].
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: Timestamp,
    pub(crate) reason: String,
    pub(crate) added_by: String,
    pub(crate) added_at: Timestamp,
    pub(crate) replaced_at: Option<Timestamp>,
}

/// Adds the token that stands from now on; the former one's time ends. The client is locked.
pub(crate) async fn insert_known(
    tx: &mut TenantTx,
    id: ClientId,
    token: &KnownToken,
) -> pg::Result<()> {
    retire_token(tx, id, token.added_at).await?;
    sqlx::query!(
        "insert into wb_tokens (client_id, number, hint, seller, scopes, expires_at, reason, added_by, added_at)
         select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8 from wb_tokens where client_id = $1",
        id as _,
        token.hint.as_str(),
        token.seller,
        &token.scopes,
        token.expires_at as _,
        token.reason,
        token.added_by,
        token.added_at as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn retire_token(tx: &mut TenantTx, id: ClientId, now: Timestamp) -> pg::Result<()> {
    sqlx::query!(
        "update wb_tokens set replaced_at = $2 where client_id = $1 and replaced_at is null",
        id as _,
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The tokens of a client, the newest first.
pub(crate) async fn list_known(tx: &mut TenantTx, id: ClientId) -> pg::Result<Vec<KnownToken>> {
    let rows = sqlx::query_as!(
        KnownToken,
        r#"select hint as "hint: _", seller, scopes, expires_at as "expires_at: _", reason, added_by,
                  added_at as "added_at: _", replaced_at as "replaced_at: _"
           from wb_tokens where client_id = $1 order by number desc"#,
        id as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// The words of scopes, as rows hold them.
pub(crate) fn words(scopes: &[WbScope]) -> Vec<String> {
    scopes.iter().map(ToString::to_string).collect()
}

/// Whose standing tokens end before `until` and have not been told of as ended.
pub(crate) async fn list_expiring(
    tx: &mut PlatformTx,
    until: Timestamp,
    limit: i64,
    after: Option<(Timestamp, ClientId)>,
) -> pg::Result<Vec<Expiring>> {
    let (seen_at, seen) = after.unzip();
    let rows = sqlx::query_as!(
        Expiring,
        r#"select tenant_id as "tenant_id: _", client_id as "client_id: _", hint as "hint: _",
                  expires_at as "expires_at: _", warned_days
           from wb_tokens
           where replaced_at is null and warned_days is distinct from 0 and expires_at <= $1
             and ($2::timestamptz is null or (expires_at, client_id) > ($2, $3))
           order by expires_at, client_id limit $4"#,
        until as _,
        seen_at as _,
        seen as _,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A standing token near its end.
#[derive(Debug, Clone)]
pub(crate) struct Expiring {
    pub(crate) tenant_id: TenantId,
    pub(crate) client_id: ClientId,
    pub(crate) hint: Hint,
    pub(crate) expires_at: Timestamp,
    pub(crate) warned_days: Option<i16>,
}

/// The standing token of a locked client.
pub(crate) async fn lock_expiring(tx: &mut TenantTx, id: ClientId) -> pg::Result<Option<Expiring>> {
    let row = sqlx::query_as!(
        Expiring,
        r#"select tenant_id as "tenant_id: _", client_id as "client_id: _", hint as "hint: _",
                  expires_at as "expires_at: _", warned_days
           from wb_tokens where client_id = $1 and replaced_at is null for update"#,
        id as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Keeps which threshold was told of.
pub(crate) async fn update_warned(tx: &mut TenantTx, id: ClientId, days: i16) -> pg::Result<()> {
    sqlx::query!(
        "update wb_tokens set warned_days = $2 where client_id = $1 and replaced_at is null",
        id as _,
        days
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl Expiring {
    /// Whether there is something to tell of it at `now`.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        threshold_due(self.expires_at, self.warned_days, now).is_some()
    }
}
