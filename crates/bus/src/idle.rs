//! Whether everything told has been heard.

use futures::TryStreamExt;
use pg::Db;

use crate::{Error, Nats, Result};

/// Whether the service of `db` has nothing on its way: see [`unrest`].
///
/// # Errors
/// When the database or NATS is away.
pub async fn idle(db: &Db, nats: &Nats) -> Result<bool> {
    Ok(unrest(db, nats).await?.is_empty())
}

/// What is still on its way or stuck, a sentence each: unpublished rows, parked aggregates, facts the service's
/// consumers have not finished, dead letters.
///
/// # Errors
/// When the database or NATS is away.
pub async fn unrest(db: &Db, nats: &Nats) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut tx = db.platform("probe_bus", "the bus carries facts of all tenants").await?;
    let (behind, parked, dead): (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from outbox o join outbox_cursors c using (lane)
                 where o.id > c.floor and not pg_visible_in_snapshot(o.xid, c.done)),
                (select count(*) from outbox_parked),
                (select count(*) from dead_letters)",
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    let service = db.service();
    for (count, what) in
        [(behind, "unpublished facts"), (parked, "parked aggregates"), (dead, "dead letters")]
    {
        if count > 0 {
            found.push(format!("{service} has {count} {what}"));
        }
    }
    let stream = nats.handle().await?;
    let mut consumers = stream.consumers();
    let own = format!("{service}-");
    while let Some(info) = consumers.try_next().await.map_err(Error::nats)? {
        let open = info.num_pending + info.num_ack_pending as u64;
        if info.name.starts_with(&own) && open > 0 {
            found.push(format!("consumer {} has {open} facts to handle", info.name));
        }
    }
    Ok(found)
}
