//! Rows of `invite_events`.

use kernel::{Email, InviteId, Timestamp, UserId};
use pg::TenantTx;

use crate::domain::{InviteEvent, TokenHash};

/// Adds a step to the life of an invitation that the caller has locked, or has just made.
pub(crate) async fn insert_invite_event(
    tx: &mut TenantTx,
    id: InviteId,
    event: &InviteEvent,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into invite_events (invite_id, step, at, kind, sends, actor, detail)
         select $1, coalesce(max(step), 0) + 1, $2, $3, $4, $5, $6 from invite_events
         where tenant_id = usher.current_tenant() and invite_id = $1",
        id as _,
        event.at as _,
        event.kind.as_str(),
        event.sends,
        event.actor,
        event.detail,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All steps of an invitation, the first one first.
pub(crate) async fn list_invite_events(
    tx: &mut TenantTx,
    id: InviteId,
) -> pg::Result<Vec<InviteEvent>> {
    let rows = sqlx::query_as!(
        InviteEvent,
        r#"select at as "at: _", kind as "kind: _", sends, actor, detail from invite_events
           where tenant_id = usher.current_tenant() and invite_id = $1 order by step"#,
        id as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Who accepted the invitation behind any of its links with this detail, after `since`.
pub(crate) async fn accepted_with(
    tx: &mut TenantTx,
    hash: &TokenHash,
    detail: &str,
    since: Timestamp,
) -> pg::Result<Option<UserId>> {
    let user = sqlx::query_scalar!(
        r#"select i.user_id as "user_id: UserId"
           from invites i join invite_events e using (tenant_id, invite_id)
           where i.tenant_id = usher.current_tenant() and e.kind = 'accepted' and e.detail = $2
             and e.at > $3
             and (i.token_hash = $1
                  or i.invite_id in (select r.invite_id from replaced_links r
                                     where r.tenant_id = usher.current_tenant() and r.token_hash = $1))
           limit 1"#,
        hash.as_bytes(),
        detail,
        since as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(user)
}

/// How many letters to this address were asked for after `since`, over all its invitations, and when the first of them.
pub(crate) async fn letters_since(
    tx: &mut TenantTx,
    email: &Email,
    since: Timestamp,
) -> pg::Result<(i64, Option<Timestamp>)> {
    let row = sqlx::query!(
        r#"select count(*) as "count!", min(e.at) as "oldest: Timestamp"
           from invites i join invite_events e using (tenant_id, invite_id)
           where i.tenant_id = usher.current_tenant() and i.email = $1
             and e.kind in ('created', 'resent') and e.at > $2"#,
        email.as_str(),
        since as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.count, row.oldest))
}
