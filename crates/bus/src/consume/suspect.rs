//! Messages that were delivered suspiciously often: which of them took the process down, and which only waited beside it.

use pg::{Db, PlatformTx};

use super::letter::Letter;

/// Counts that a suspect is about to be handled, before it can take the process down; answers how often it was by now, and
/// nothing where it is buried: the process that buried it died before it could tell the server.
pub(super) async fn count_try(db: &Db, consumer: &str, letter: &Letter) -> pg::Result<Option<u32>> {
    let mut tx = db.platform("count_try", "a suspect message may name no tenant").await?;
    let counted: Option<(i32,)> = sqlx::query_as(
        "insert into delivery_tries as known (tenant_id, consumer, event_id)
         select $1, $2, $3
         where $4 or not exists (select from dead_letters
                                 where tenant_id = $1 and consumer = $2 and event_id = $3)
         on conflict on constraint delivery_tries_pkey do update set tries = known.tries + 1, tried_at = now()
         returning tries",
    )
    .bind(letter.tenant)
    .bind(consumer)
    .bind(letter.fact)
    .bind(letter.replayed)
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(counted.map(|(tries,)| tries.unsigned_abs()))
}

/// Forgets a suspect that was handled.
pub(super) async fn acquit(db: &Db, consumer: &str, letter: &Letter) -> pg::Result<()> {
    let mut tx = db.platform("acquit", "a suspect message may name no tenant").await?;
    forget_tries(&mut tx, consumer, letter).await?;
    tx.commit().await
}

/// Forgets how often it was tried.
pub(super) async fn forget_tries(
    tx: &mut PlatformTx,
    consumer: &str,
    letter: &Letter,
) -> pg::Result<()> {
    sqlx::query(
        "delete from delivery_tries where tenant_id = $1 and consumer = $2 and event_id = $3",
    )
    .bind(letter.tenant)
    .bind(consumer)
    .bind(letter.fact)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
