//! Rows of `invite_batch_rows`.

use kernel::InviteId;
use pg::TenantTx;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::{BatchRow, Ending, InviteWish, NewRow, Outcome};

/// Adds all rows of a list, numbered from 1, in one statement.
pub(crate) async fn insert_batch_rows(
    tx: &mut TenantTx,
    batch_id: Uuid,
    rows: &[NewRow],
) -> pg::Result<()> {
    let texts = |of: fn(&NewRow) -> String| rows.iter().map(of).collect::<Vec<String>>();
    let ending = |row: &NewRow| match &row.wish {
        Ok(_) => Ending::of(Outcome::Waiting, None),
        Err(ending) => ending.clone(),
    };
    let endings: Vec<Ending> = rows.iter().map(ending).collect();
    let words = |of: fn(&Ending) -> &str| {
        endings.iter().map(|ending| of(ending).to_owned()).collect::<Vec<String>>()
    };
    let wishes: Vec<Option<Json<&InviteWish>>> =
        rows.iter().map(|row| row.wish.as_ref().ok().map(Json)).collect();
    sqlx::query!(
        "insert into invite_batch_rows (batch_id, number, email, name, wish, outcome, field, reason, message)
         select $1, n.number::integer, n.email, n.name, n.wish, n.outcome, n.field, n.reason, n.message
         from unnest($2::text[], $3::text[], $4::jsonb[], $5::text[], $6::text[], $7::text[], $8::text[])
              with ordinality as n (email, name, wish, outcome, field, reason, message, number)",
        batch_id,
        &texts(|row| row.email.clone()),
        &texts(|row| row.name.clone()),
        wishes as _,
        &words(|ending| ending.outcome.as_str()),
        &words(|ending| &ending.field),
        &words(|ending| &ending.reason),
        &words(|ending| &ending.message),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The first rows of a list whose turn has not come.
pub(crate) async fn waiting_rows(
    tx: &mut TenantTx,
    batch_id: Uuid,
    limit: i64,
) -> pg::Result<Vec<(i32, InviteWish)>> {
    let rows = sqlx::query!(
        r#"select number, wish as "wish!: Json<InviteWish>" from invite_batch_rows
           where tenant_id = usher.current_tenant() and batch_id = $1 and outcome = 'waiting'
           order by number limit $2"#,
        batch_id,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.number, row.wish.0)).collect())
}

/// Takes a row to work on, whose list does not end before the transaction does; false where somebody else worked on it,
/// and where the list has ended.
pub(crate) async fn lock_waiting_row(
    tx: &mut TenantTx,
    batch_id: Uuid,
    number: i32,
) -> pg::Result<bool> {
    let locked = sqlx::query_scalar!(
        "select r.number from invite_batch_rows r join invite_batches b using (tenant_id, batch_id)
         where r.tenant_id = usher.current_tenant() and r.batch_id = $1 and r.number = $2
           and r.outcome = 'waiting' and b.status = 'running'
         for no key update of r for share of b",
        batch_id,
        number,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(locked.is_some())
}

/// Keeps what became of a row that is locked.
pub(crate) async fn settle_row(
    tx: &mut TenantTx,
    batch_id: Uuid,
    number: i32,
    ending: &Ending,
) -> pg::Result<()> {
    sqlx::query!(
        "update invite_batch_rows set outcome = $3, field = $4, reason = $5, message = $6, invite_id = $7
         where tenant_id = usher.current_tenant() and batch_id = $1 and number = $2",
        batch_id,
        number,
        ending.outcome.as_str(),
        ending.field,
        ending.reason,
        ending.message,
        ending.invite_id as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Leaves out every row that waits. The list is locked by the caller.
pub(crate) async fn leave_out_rows(tx: &mut TenantTx, batch_id: Uuid) -> pg::Result<()> {
    sqlx::query!(
        "update invite_batch_rows set outcome = 'left_out'
         where tenant_id = usher.current_tenant() and batch_id = $1 and outcome = 'waiting'",
        batch_id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Rows after the number `after`, of one outcome when given, in their order.
pub(crate) async fn list_batch_rows(
    tx: &mut TenantTx,
    batch_id: Uuid,
    outcome: Option<Outcome>,
    after: i32,
    limit: i64,
) -> pg::Result<Vec<BatchRow>> {
    let rows = sqlx::query!(
        r#"select number, email, name, outcome as "outcome: Outcome", field, reason, message,
                  invite_id as "invite_id: InviteId"
           from invite_batch_rows
           where tenant_id = usher.current_tenant() and batch_id = $1 and number > $2
             and ($3::text is null or outcome = $3)
           order by number limit $4"#,
        batch_id,
        after,
        outcome.map(Outcome::as_str) as _,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = rows.into_iter().map(|row| BatchRow {
        number: row.number,
        email: row.email,
        name: row.name,
        ending: Ending {
            outcome: row.outcome,
            field: row.field,
            reason: row.reason,
            message: row.message,
            invite_id: row.invite_id,
        },
    });
    Ok(rows.collect())
}
