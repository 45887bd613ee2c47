//! What an operator sees and does by hand: what waits, what is parked, and telling facts again.

use std::time::Duration;

use kernel::{FactId, TenantId, Timestamp};
use pg::Db;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{
    Error, Nats, Result,
    relay::{COLUMNS, Row, publish},
};

/// Stands in the message id of a replay, behind the fact's id.
pub(crate) const REPLAY_MARK: &str = ".replay-";

/// Rows read at a time while replaying.
const CHUNK: i64 = 1_000;

/// An aggregate whose next fact could not be published.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Parked {
    /// The tenant.
    #[sqlx(rename = "tenant_id")]
    pub tenant: TenantId,
    /// The aggregate.
    #[sqlx(rename = "aggregate_id")]
    pub aggregate: Uuid,
    /// The fact that could not be published.
    #[sqlx(rename = "event_id")]
    pub fact: FactId,
    /// Its kind.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried again; none: it waits for [`retry`] or [`skip`].
    pub next_at: Option<Timestamp>,
    /// Why it could not be published.
    pub error: String,
    /// Since when.
    pub parked_at: Timestamp,
}

/// How the outbox of one service stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Committed facts that are not published yet.
    pub behind: u64,
    /// The age of the oldest of them; zero without any.
    pub lag: Duration,
    /// Facts kept for replays.
    pub retained: u64,
    /// See [`Parked`].
    pub parked: Vec<Parked>,
}

/// Says how the outbox stands, with at most 250 parked aggregates.
///
/// # Errors
/// The database's.
pub async fn list(db: &Db) -> Result<Standing> {
    let mut tx = db.platform("list_outbox", "an operator looks at all tenants").await?;
    let (behind, lag, retained): (i64, f64, i64) = sqlx::query_as(
        "select (select count(*) from outbox o join outbox_cursors c using (lane)
                 where o.id > c.floor and not pg_visible_in_snapshot(o.xid, c.done)),
                coalesce((select extract(epoch from clock_timestamp() - min(o.created_at))
                          from outbox o join outbox_cursors c using (lane)
                          where o.id > c.floor and not pg_visible_in_snapshot(o.xid, c.done)), 0)::float8,
                (select count(*) from outbox)",
    )
    .fetch_one(&mut *tx)
    .await?;
    let parked = sqlx::query_as(
        "select p.tenant_id, p.aggregate_id, o.event_id, o.kind, p.attempts,
                nullif(p.next_at, 'infinity') as next_at, p.error, p.parked_at
         from outbox_parked p
         join outbox o on o.tenant_id = p.tenant_id and o.aggregate_id = p.aggregate_id and o.id = p.first_id
         order by p.parked_at limit 250",
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Standing {
        behind: behind.unsigned_abs(),
        lag: Duration::from_secs_f64(lag.max(0.0)),
        retained: retained.unsigned_abs(),
        parked,
    })
}

/// A message that no retry would help, kept by its consumer; a [`replay`] of its fact removes it if it is handled then.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeadLetter {
    /// The tenant; nil where the message named none.
    #[sqlx(rename = "tenant_id")]
    pub tenant: TenantId,
    /// Who could not handle it.
    pub consumer: String,
    /// The fact.
    #[sqlx(rename = "event_id")]
    pub fact: FactId,
    /// Where it was heard.
    pub subject: String,
    /// Why it was given up.
    pub error: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Since when.
    #[sqlx(rename = "created_at")]
    pub buried_at: Timestamp,
}

/// The service's dead letters, newest first, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn dead_letters(db: &Db, limit: u32) -> Result<Vec<DeadLetter>> {
    let mut tx = db.platform("list_dead_letters", "an operator looks at all tenants").await?;
    let letters = sqlx::query_as(
        "select tenant_id, consumer, event_id, subject, error, attempts, created_at
         from dead_letters order by created_at desc limit $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(letters)
}

/// Lets the relay try a parked aggregate again at once, with all attempts anew.
///
/// # Errors
/// [`Error::NotParked`], or the database's.
pub async fn retry(db: &Db, tenant: TenantId, aggregate: Uuid) -> Result<()> {
    change(
        db,
        "update outbox_parked set attempts = 0, next_at = clock_timestamp()
         where tenant_id = $1 and aggregate_id = $2",
        tenant,
        aggregate,
    )
    .await
}

/// Gives up the fact that holds a parked aggregate back, and lets the relay go on with the next one.
/// The fact stays in the outbox.
///
/// # Errors
/// [`Error::NotParked`], or the database's.
pub async fn skip(db: &Db, tenant: TenantId, aggregate: Uuid) -> Result<()> {
    change(
        db,
        "update outbox_parked set first_id = first_id + 1, attempts = 0, next_at = clock_timestamp()
         where tenant_id = $1 and aggregate_id = $2",
        tenant,
        aggregate,
    )
    .await
}

async fn change(db: &Db, statement: &'static str, tenant: TenantId, aggregate: Uuid) -> Result<()> {
    let mut tx = db.platform("change_parked", "an operator repairs the outbox").await?;
    let changed = sqlx::query(statement).bind(tenant).bind(aggregate).execute(&mut *tx).await?;
    tx.commit().await?;
    db.outbox_signal().ring();
    if changed.rows_affected() == 1 { Ok(()) } else { Err(Error::NotParked) }
}

/// Which retained facts are meant; every condition narrows, an empty selection means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Select {
    /// These facts only, where any are named.
    pub facts: Vec<FactId>,
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// Of these kinds, in the words of NATS: `user.invite.*`, `user.>`.
    pub kinds: Option<String>,
    /// Told at or after.
    pub since: Option<Timestamp>,
    /// Told before.
    pub until: Option<Timestamp>,
}

/// A fact that would be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its id.
    pub fact: FactId,
    /// Its kind.
    pub kind: String,
    /// Its tenant.
    pub tenant: TenantId,
    /// What it is about.
    pub aggregate: Uuid,
    /// Its place among the aggregate's facts.
    pub sequence: i64,
    /// When it was told.
    pub told_at: Timestamp,
}

/// Says which facts [`replay`] would publish, or, without a selection, which the relay has still to publish; in
/// order, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn dry_run(db: &Db, select: Option<&Select>, limit: u32) -> Result<Vec<Planned>> {
    let rows = match select {
        Some(select) => matching(db, select, 0, i64::from(limit)).await?,
        None => pending(db, i64::from(limit)).await?,
    };
    let planned = |row: Row| Planned {
        fact: row.event,
        kind: row.kind,
        tenant: row.tenant,
        aggregate: row.aggregate,
        sequence: row.sequence,
        told_at: row.created_at,
    };
    Ok(rows.into_iter().map(planned).collect())
}

/// Tells facts again, in order within each aggregate; answers how many. They keep their ids, so a consumer that has
/// handled them does nothing, and one that has lost or buried them catches up.
///
/// # Errors
/// The database's or NATS's; what was told until then stays told.
pub async fn replay(db: &Db, nats: &Nats, select: &Select) -> Result<u64> {
    nats.ensure_stream().await?;
    // The stream would swallow an id it knows.
    let suffix = format!("{REPLAY_MARK}{}", Uuid::now_v7().simple());
    let (mut told, mut after) = (0, 0);
    loop {
        let rows = matching(db, select, after, CHUNK).await?;
        let Some(last) = rows.last() else {
            return Ok(told);
        };
        after = last.id;
        let published = publish(nats, db.service(), rows, 0, &suffix).await;
        told += published.stored;
        if let Some(failed) = published.failed.into_iter().next() {
            return Err(Error::nats(failed.error));
        }
    }
}

async fn matching(db: &Db, select: &Select, after: i64, limit: i64) -> Result<Vec<Row>> {
    let mut tx = db.platform("select_facts", "an operator looks at all tenants").await?;
    let statement = format!(
        "select {COLUMNS} from outbox o
         where o.id > $1 and (cardinality($2::uuid[]) = 0 or o.event_id = any($2))
           and ($3::uuid is null or o.tenant_id = $3) and ($4::text is null or o.kind ~ $4)
           and ($5::timestamptz is null or o.created_at >= $5)
           and ($6::timestamptz is null or o.created_at < $6)
         order by o.id limit $7"
    );
    let rows = sqlx::query_as(AssertSqlSafe(statement))
        .bind(after)
        .bind(&select.facts)
        .bind(select.tenant)
        .bind(select.kinds.as_deref().map(pattern))
        .bind(select.since)
        .bind(select.until)
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(rows)
}

async fn pending(db: &Db, limit: i64) -> Result<Vec<Row>> {
    let mut tx = db.platform("list_pending", "an operator looks at all tenants").await?;
    let statement = format!(
        "select {COLUMNS} from outbox o join outbox_cursors c using (lane)
         where o.id > c.floor and not pg_visible_in_snapshot(o.xid, c.done) order by o.id limit $1"
    );
    let rows = sqlx::query_as(AssertSqlSafe(statement)).bind(limit).fetch_all(&mut *tx).await?;
    tx.commit().await?;
    Ok(rows)
}

/// A NATS pattern as a regular expression.
fn pattern(kinds: &str) -> String {
    let mut expression = String::from("^");
    for letter in kinds.chars() {
        match letter {
            '*' => expression.push_str("[^.]+"),
            '>' => expression.push_str(".+"),
            plain if plain.is_ascii_alphanumeric() || plain == '_' => expression.push(plain),
            other => expression.extend(['\\', other]),
        }
    }
    expression.push('$');
    expression
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn wildcards_mean_what_they_mean_to_nats() {
        assert_eq!(pattern("user.invite.*"), r"^user\.invite\.[^.]+$");
        assert_eq!(pattern("user.>"), r"^user\..+$");
    }
}
