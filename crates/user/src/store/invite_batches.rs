//! Rows of `invite_batches`.

use kernel::Timestamp;
use pg::TenantTx;
use uuid::Uuid;

use crate::domain::{BatchStatus, InviteBatch};

/// A checked query for lists; what follows the tenant is given. While a list runs its counts are those of its rows, and
/// after that those kept at its end.
macro_rules! batches {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            InviteBatch,
            r#"select b.batch_id, b.status as "status: _", b.rows, b.invited_by, b.created_at as "created_at: _",
                      b.ended_at as "ended_at: _", c.waiting as "waiting!", b.created + c.created as "created!",
                      b.already_invited + c.already_invited as "already_invited!",
                      b.already_member + c.already_member as "already_member!", b.refused + c.refused as "refused!",
                      b.left_out + c.left_out as "left_out!"
               from invite_batches b
               cross join lateral (
                   select count(*) filter (where r.outcome = 'waiting') as waiting,
                          count(*) filter (where r.outcome = 'created') as created,
                          count(*) filter (where r.outcome = 'already_invited') as already_invited,
                          count(*) filter (where r.outcome = 'already_member') as already_member,
                          count(*) filter (where r.outcome = 'refused') as refused,
                          count(*) filter (where r.outcome = 'left_out') as left_out
                   from invite_batch_rows r
                   where b.status = 'running' and r.tenant_id = b.tenant_id and r.batch_id = b.batch_id) c
               where b.tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn insert_batch(tx: &mut TenantTx, batch: &InviteBatch) -> pg::Result<()> {
    sqlx::query!(
        "insert into invite_batches (batch_id, status, rows, invited_by, created_at) values ($1, $2, $3, $4, $5)",
        batch.batch_id,
        batch.status.as_str(),
        batch.rows,
        batch.invited_by,
        batch.created_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn invite_batch(tx: &mut TenantTx, id: Uuid) -> pg::Result<Option<InviteBatch>> {
    Ok(batches!("and b.batch_id = $1", id).fetch_optional(&mut **tx).await?)
}

/// Lists after the id `after`, oldest first.
pub(crate) async fn list_batches(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<InviteBatch>> {
    let query = batches!(
        "and ($1::uuid is null or b.batch_id > $1) order by b.batch_id limit $2",
        after,
        limit,
    );
    Ok(query.fetch_all(&mut **tx).await?)
}

/// How far the list is, which nobody else changes, and none of whose rows anybody works on, until the transaction ends.
pub(crate) async fn lock_batch(tx: &mut TenantTx, id: Uuid) -> pg::Result<Option<BatchStatus>> {
    let status = sqlx::query_scalar!(
        r#"select status as "status: BatchStatus" from invite_batches
           where tenant_id = usher.current_tenant() and batch_id = $1 for no key update"#,
        id,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(status)
}

/// Ends the list with the counts of its rows. It is locked by the caller.
pub(crate) async fn end_batch(
    tx: &mut TenantTx,
    id: Uuid,
    status: BatchStatus,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update invite_batches b
         set status = $2, ended_at = $3, created = c.created, already_invited = c.already_invited,
             already_member = c.already_member, refused = c.refused, left_out = c.left_out
         from (select count(*) filter (where outcome = 'created') as created,
                      count(*) filter (where outcome = 'already_invited') as already_invited,
                      count(*) filter (where outcome = 'already_member') as already_member,
                      count(*) filter (where outcome = 'refused') as refused,
                      count(*) filter (where outcome = 'left_out') as left_out
               from invite_batch_rows where tenant_id = usher.current_tenant() and batch_id = $1) c
         where b.tenant_id = usher.current_tenant() and b.batch_id = $1",
        id,
        status.as_str(),
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
