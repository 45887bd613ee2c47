//! Parked aggregates: a fact that cannot be published holds back its own aggregate, and nobody else.

use std::time::Duration;

use kernel::TenantId;
use pg::{Db, PlatformTx};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{
    publish::{Failed, publish},
    row::{COLUMNS, Row},
    window::{CHUNK, Windows, save},
};
use crate::{Nats, Result, pace::jittered};

/// After so many attempts an aggregate waits for an operator.
const ATTEMPTS: i32 = 8;

/// The wait after an attempt: 5 s, doubling up to 5 min.
fn wait_after(attempts: i32) -> Duration {
    let doublings = attempts.clamp(1, 7) - 1;
    jittered(Duration::from_secs(5 << doublings).min(Duration::from_secs(300)))
}

/// Parks the aggregate of a failed row.
pub(super) async fn park(tx: &mut PlatformTx, failed: &Failed) -> Result<()> {
    let row = &failed.row;
    tracing::error!(
        tenant.id = %row.tenant, aggregate.id = %row.aggregate, fact.id = %row.event, fact.kind = %row.kind,
        error = failed.error, "a fact cannot be published: its aggregate is parked"
    );
    sqlx::query(
        "insert into outbox_parked (tenant_id, aggregate_id, lane, first_id, next_at, error)
         values ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5), $6)
         on conflict on constraint outbox_parked_pkey do update
             set first_id = least(outbox_parked.first_id, excluded.first_id), error = excluded.error",
    )
    .bind(row.tenant)
    .bind(row.aggregate)
    .bind(row.lane)
    .bind(row.id)
    .bind(wait_after(1).as_secs_f64())
    .bind(&failed.error)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An aggregate whose turn has come.
type Due = (TenantId, Uuid, i16, i64, i32);

/// Tries the aggregates whose turn has come. Only for lanes between two windows: there, what is visible in `done` and
/// what the next window brings are two halves without a gap.
pub(super) async fn retry(db: &Db, nats: &Nats, member: Uuid, windows: &Windows) -> Result<u64> {
    let between: Vec<i16> = windows
        .lanes
        .iter()
        .filter(|(_, lane)| lane.until.is_none())
        .map(|(lane, _)| *lane)
        .collect();
    let mut tx = db.platform("list_parked", "the relay serves all tenants").await?;
    let due: Vec<Due> = sqlx::query_as(
        "select tenant_id, aggregate_id, lane, first_id, attempts from outbox_parked
         where next_at <= clock_timestamp() and lane = any($1) order by next_at limit 100",
    )
    .bind(between)
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let mut stored = 0;
    for parked in due {
        stored += retry_one(db, nats, member, windows, parked).await?;
    }
    Ok(stored)
}

async fn retry_one(db: &Db, nats: &Nats, member: Uuid, windows: &Windows, due: Due) -> Result<u64> {
    let (_, _, number, first_id, _) = due;
    let Some(lane) = windows.lanes.get(&number) else {
        return Ok(0);
    };
    let rows = waiting(db, &due, &lane.done).await?;
    let full = i64::try_from(rows.len()).unwrap_or(CHUNK) >= CHUNK;
    let last_id = rows.last().map_or(first_id, |row| row.id);
    let published = publish(nats, db.service(), rows, 0, "").await;

    let mut tx = db.platform("save_parked", "the relay serves all tenants").await?;
    // What was published here must not be forgotten with an older `done`.
    save(&mut tx, member, &[(number, lane.clone())]).await?;
    match published.failed.first() {
        Some(failed) => put_off(&mut tx, &due, failed).await?,
        None if full => go_on(&mut tx, &due, last_id + 1).await?,
        None => release(&mut tx, &due).await?,
    }
    tx.commit().await?;
    Ok(published.stored)
}

/// The aggregate's rows that every window up to now has passed by.
async fn waiting(db: &Db, due: &Due, done: &str) -> Result<Vec<Row>> {
    let mut tx = db.platform("read_parked", "the relay serves all tenants").await?;
    let statement = format!(
        "select {COLUMNS} from outbox o
         where o.tenant_id = $1 and o.aggregate_id = $2 and o.id >= $3
           and pg_visible_in_snapshot(o.xid, $4::text::pg_snapshot)
         order by o.id limit $5"
    );
    let rows = sqlx::query_as(AssertSqlSafe(statement))
        .bind(due.0)
        .bind(due.1)
        .bind(due.3)
        .bind(done)
        .bind(CHUNK)
        .fetch_all(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(rows)
}

/// Waits longer each time. Only a poison row uses up attempts; a server that is away is nobody's fault.
async fn put_off(tx: &mut PlatformTx, due: &Due, failed: &Failed) -> Result<()> {
    let (tenant, aggregate, _, first_id, attempts) = due;
    let moved = failed.row.id > *first_id;
    let attempts = if moved { 1 } else { attempts + i32::from(failed.poison) };
    sqlx::query(
        "update outbox_parked set first_id = $4, attempts = $5, error = $6,
             next_at = case when $5 >= $8 then 'infinity'
                       else clock_timestamp() + make_interval(secs => $7) end
         where tenant_id = $1 and aggregate_id = $2 and first_id = $3",
    )
    .bind(tenant)
    .bind(aggregate)
    .bind(first_id)
    .bind(failed.row.id)
    .bind(attempts)
    .bind(&failed.error)
    .bind(wait_after(attempts).as_secs_f64())
    .bind(ATTEMPTS)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Comes back for the rest at once.
async fn go_on(tx: &mut PlatformTx, due: &Due, next_id: i64) -> Result<()> {
    sqlx::query(
        "update outbox_parked set first_id = $4, attempts = 1
         where tenant_id = $1 and aggregate_id = $2 and first_id = $3",
    )
    .bind(due.0)
    .bind(due.1)
    .bind(due.3)
    .bind(next_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The aggregate goes with all others again.
async fn release(tx: &mut PlatformTx, due: &Due) -> Result<()> {
    sqlx::query(
        "delete from outbox_parked where tenant_id = $1 and aggregate_id = $2 and first_id = $3",
    )
    .bind(due.0)
    .bind(due.1)
    .bind(due.3)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
