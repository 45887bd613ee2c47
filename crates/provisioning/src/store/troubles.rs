//! Rows of `troubles`, read together with their clients.

use kernel::{ClientId, TenantId, Timestamp};
use pg::{PlatformTx, TenantTx};
use uuid::Uuid;

use crate::domain::{Cause, Trouble, TroubleKind, TroubleState};

/// The client's open trouble, locked.
pub(crate) async fn lock_open_trouble(
    tx: &mut TenantTx,
    id: ClientId,
    now: Timestamp,
) -> pg::Result<Option<Trouble>> {
    let row = sqlx::query_as!(
        Trouble,
        r#"select t.trouble_id, t.client_id as "client_id: _", c.email as "email: _", c.name as "name: _",
                  case when c.stage = 'invited' and c.invite_expires_at <= $2 then 'expired' else c.stage end
                      as "stage!: _",
                  t.kind as "kind: _", t.run, t.reason, t.message, t.opened_at as "opened_at: _",
                  t.touched_at as "touched_at: _", t.worked_by, t.note, t.escalated_at as "escalated_at: _",
                  t.resolved_at as "resolved_at: _", t.resolved_by
           from troubles t join clients c on c.tenant_id = t.tenant_id and c.client_id = t.client_id
           where t.client_id = $1 and t.resolved_at is null for update of t"#,
        id as _,
        now as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The troubles after `after`, oldest first, of one kind or of any.
pub(crate) async fn list_troubles(
    tx: &mut TenantTx,
    state: TroubleState,
    kind: Option<TroubleKind>,
    after: Option<Uuid>,
    limit: i64,
    now: Timestamp,
) -> pg::Result<Vec<Trouble>> {
    let rows = sqlx::query_as!(
        Trouble,
        r#"select t.trouble_id, t.client_id as "client_id: _", c.email as "email: _", c.name as "name: _",
                  case when c.stage = 'invited' and c.invite_expires_at <= $5 then 'expired' else c.stage end
                      as "stage!: _",
                  t.kind as "kind: _", t.run, t.reason, t.message, t.opened_at as "opened_at: _",
                  t.touched_at as "touched_at: _", t.worked_by, t.note, t.escalated_at as "escalated_at: _",
                  t.resolved_at as "resolved_at: _", t.resolved_by
           from troubles t join clients c on c.tenant_id = t.tenant_id and c.client_id = t.client_id
           where (t.resolved_at is null) = ($1 = 'open') and ($2::text is null or t.kind = $2)
             and ($3::uuid is null or t.trouble_id > $3)
           order by t.trouble_id limit $4"#,
        state.as_str(),
        kind as _,
        after,
        limit,
        now as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A trouble as it is found.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) trouble_id: Uuid,
    pub(crate) client_id: ClientId,
    pub(crate) kind: TroubleKind,
    pub(crate) run: i32,
    pub(crate) cause: &'a Cause,
    pub(crate) at: Timestamp,
}

/// Opens a trouble, or tells the client's open one anew.
pub(crate) async fn upsert_trouble(tx: &mut TenantTx, found: &Found<'_>) -> pg::Result<()> {
    sqlx::query!(
        "insert into troubles (trouble_id, client_id, kind, run, reason, message, opened_at, touched_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         on conflict (tenant_id, client_id) where resolved_at is null
             do update set kind = excluded.kind, run = excluded.run, reason = excluded.reason,
                           message = excluded.message, touched_at = excluded.touched_at",
        found.trouble_id,
        found.client_id as _,
        found.kind.as_str(),
        found.run,
        found.cause.reason,
        found.cause.message,
        found.at as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes all that may change of a locked trouble.
pub(crate) async fn update_trouble(tx: &mut TenantTx, trouble: &Trouble) -> pg::Result<()> {
    sqlx::query!(
        "update troubles set touched_at = $2, worked_by = $3, note = $4, escalated_at = $5, resolved_at = $6,
             resolved_by = $7
         where trouble_id = $1",
        trouble.trouble_id,
        trouble.touched_at as _,
        trouble.worked_by,
        trouble.note,
        trouble.escalated_at as _,
        trouble.resolved_at as _,
        trouble.resolved_by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts the client's open trouble aside, if there is one.
pub(crate) async fn close_trouble(
    tx: &mut TenantTx,
    id: ClientId,
    who: &str,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update troubles set resolved_at = $2, resolved_by = $3, touched_at = $2
         where client_id = $1 and resolved_at is null",
        id as _,
        now as _,
        who
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether the client was found late before, in this run and by this invitation's end.
pub(crate) async fn was_late(tx: &mut TenantTx, id: ClientId) -> pg::Result<bool> {
    let known = sqlx::query_scalar!(
        r#"select exists (select from troubles t
                          join clients c on c.tenant_id = t.tenant_id and c.client_id = t.client_id
                          where t.client_id = $1 and t.run = c.run
                            and (t.kind = 'overdue'
                                 or t.kind = 'unaccepted' and t.opened_at >= c.invite_expires_at)) as "known!""#,
        id as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(known)
}

/// Until when things should have happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) now: Timestamp,
    /// Who accepted before this instant should be active.
    pub(crate) accepted: Timestamp,
    /// A trouble untouched since this instant takes too long.
    pub(crate) touched: Timestamp,
}

/// Clients that are late and not known as such: not active in time, or not accepted.
pub(crate) async fn list_late(
    tx: &mut PlatformTx,
    limits: Limits,
    limit: i64,
) -> pg::Result<Vec<(TenantId, ClientId)>> {
    let rows = sqlx::query!(
        r#"select c.tenant_id as "tenant_id: TenantId", c.client_id as "client_id: ClientId"
           from clients c
           where (c.stage in ('email_confirmed', 'workspace_registered', 'token_added', 'validated')
                      and c.confirmed_at <= $1
                  or c.stage = 'invited' and c.invite_expires_at <= $2)
             and not exists (select from troubles t
                             where t.tenant_id = c.tenant_id and t.client_id = c.client_id
                               and (t.resolved_at is null
                                    or t.run = c.run
                                       and (t.kind = 'overdue'
                                            or t.kind = 'unaccepted' and t.opened_at >= c.invite_expires_at)))
           limit $3"#,
        limits.accepted as _,
        limits.now as _,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.client_id)).collect())
}

/// Clients whose open trouble takes too long and was not told of: overdue ones at once, others when untouched.
pub(crate) async fn list_untouched(
    tx: &mut PlatformTx,
    limits: Limits,
    limit: i64,
) -> pg::Result<Vec<(TenantId, ClientId)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant_id: TenantId", client_id as "client_id: ClientId"
           from troubles
           where resolved_at is null and escalated_at is null and kind <> 'unaccepted'
             and (kind = 'overdue' or touched_at <= $1)
           limit $2"#,
        limits.touched as _,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.client_id)).collect())
}
