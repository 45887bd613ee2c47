//! The hashes of links: the working one in `invites`, those it replaced in `replaced_links`.

use kernel::{InviteId, Timestamp};
use pg::TenantTx;

use super::invites::invites;
use crate::domain::{Invite, TokenHash};

/// The invitation whose newest link this is.
pub(crate) async fn invite_by_link(
    tx: &mut TenantTx,
    hash: &TokenHash,
) -> pg::Result<Option<Invite>> {
    let query =
        invites!("where tenant_id = usher.current_tenant() and token_hash = $1", hash.as_bytes());
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The invitation of which this was a link that still works at `now`, although it was sent again.
pub(crate) async fn invite_by_former_link(
    tx: &mut TenantTx,
    hash: &TokenHash,
    now: Timestamp,
) -> pg::Result<Option<Invite>> {
    let query = invites!(
        "join replaced_links using (tenant_id, invite_id)
         where tenant_id = usher.current_tenant() and replaced_links.token_hash = $1 and works_until > $2",
        hash.as_bytes(),
        now as _,
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The invitation of which this was a link before it was sent again.
pub(crate) async fn replaced_invite(
    tx: &mut TenantTx,
    hash: &TokenHash,
) -> pg::Result<Option<Invite>> {
    let query = invites!(
        "join replaced_links using (tenant_id, invite_id)
         where tenant_id = usher.current_tenant() and replaced_links.token_hash = $1",
        hash.as_bytes()
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The hash of the invitation's newest link.
pub(crate) async fn link_hash(tx: &mut TenantTx, id: InviteId) -> pg::Result<TokenHash> {
    let hash = sqlx::query_scalar!(
        "select token_hash from invites where tenant_id = usher.current_tenant() and invite_id = $1",
        id as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(hash.into())
}

/// Saves one more sending. The link it replaces works until `overlap`; without one, no former link works any more. The
/// invitation is locked by the caller.
pub(crate) async fn update_link(
    tx: &mut TenantTx,
    invite: &Invite,
    hash: &TokenHash,
    overlap: Option<Timestamp>,
) -> pg::Result<()> {
    sqlx::query!(
        "with former as (
             insert into replaced_links (tenant_id, token_hash, invite_id, works_until)
             select tenant_id, token_hash, invite_id, $7::timestamptz from invites
             where tenant_id = usher.current_tenant() and invite_id = $1),
         ended as (
             update replaced_links set works_until = null
             where tenant_id = usher.current_tenant() and invite_id = $1 and $7::timestamptz is null)
         update invites set token_hash = $2, sends = $3, expires_at = $4, vouched_by = $5, delivery = $6,
                            attempts = 0, expiry_told_at = null
         where tenant_id = usher.current_tenant() and invite_id = $1",
        invite.invite_id as _,
        hash.as_bytes(),
        invite.sends,
        invite.expires_at as _,
        invite.vouched_by,
        invite.delivery.as_str(),
        overlap as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether this link of the invitation is the one that was handed to whoever made it: the first, and no later one.
pub(crate) async fn is_taken_link(
    tx: &mut TenantTx,
    id: InviteId,
    hash: &TokenHash,
) -> pg::Result<bool> {
    let taken = sqlx::query_scalar!(
        r#"select link_taken_at is not null and (sends = 1 or token_hash <> $2) as "taken!"
           from invites where tenant_id = usher.current_tenant() and invite_id = $1"#,
        id as _,
        hash.as_bytes(),
    );
    Ok(taken.fetch_one(&mut **tx).await?)
}

/// Marks the first link as handed to whoever made the invitation; false where it was before, where somebody else made
/// it, and where a later sending has replaced it.
pub(crate) async fn take_link(
    tx: &mut TenantTx,
    id: InviteId,
    taker: &str,
    now: Timestamp,
) -> pg::Result<bool> {
    let taken = sqlx::query!(
        "update invites set link_taken_at = $3
         where tenant_id = usher.current_tenant() and invite_id = $1
           and invited_by = $2 and link_taken_at is null and sends = 1",
        id as _,
        taker,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(taken.rows_affected() == 1)
}
