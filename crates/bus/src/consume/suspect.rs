//! Messages that were delivered suspiciously often: which of them took the process down, and which only waited beside it.

use pg::Db;

use super::letter::Letter;

/// Counts that a suspect is about to be handled, before it can take the process down; answers how often it was by now.
pub(super) async fn count_try(db: &Db, consumer: &str, letter: &Letter) -> pg::Result<u32> {
    let mut tx = db.platform("count_try", "a suspect message may name no tenant").await?;
    let (tries,): (i32,) = sqlx::query_as(
        "insert into delivery_tries as known (tenant_id, consumer, event_id) values ($1, $2, $3)
         on conflict on constraint delivery_tries_pkey do update set tries = known.tries + 1, tried_at = now()
         returning tries",
    )
    .bind(letter.tenant)
    .bind(consumer)
    .bind(letter.fact)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(tries.unsigned_abs())
}

/// Forgets a suspect that came to its end.
pub(super) async fn acquit(db: &Db, consumer: &str, letter: &Letter) -> pg::Result<()> {
    let mut tx = db.platform("acquit", "a suspect message may name no tenant").await?;
    sqlx::query(
        "delete from delivery_tries where tenant_id = $1 and consumer = $2 and event_id = $3",
    )
    .bind(letter.tenant)
    .bind(consumer)
    .bind(letter.fact)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}
