//! Schedules as they stand.

use kernel::{JobId, TenantId, Timestamp};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::{
    Priority,
    schedule::{Missed, Overlap, Schedule, ScheduleState, Spec},
};

const ROW: &str =
    "select name, workflow, version, input, cron, zone, day_border, missed, missed_most, overlap,
     priority, state, next_at, last_at, last_job_id from job_schedules";

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    workflow: String,
    version: i32,
    input: Value,
    cron: String,
    zone: String,
    day_border: i16,
    missed: Missed,
    missed_most: i16,
    overlap: Overlap,
    priority: Priority,
    state: ScheduleState,
    next_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    last_job_id: Option<JobId>,
}

impl From<Row> for Schedule {
    fn from(row: Row) -> Self {
        Self {
            spec: Spec {
                name: row.name,
                workflow: row.workflow,
                version: row.version.cast_unsigned(),
                input: row.input,
                cron: row.cron,
                zone: row.zone,
                day_border: row.day_border.unsigned_abs(),
                missed: row.missed,
                missed_most: row.missed_most.unsigned_abs(),
                overlap: row.overlap,
                priority: row.priority,
            },
            state: row.state,
            next_at: row.next_at,
            last_at: row.last_at,
            last_job_id: row.last_job_id,
        }
    }
}

async fn one(tx: &mut PgConnection, name: &str, rest: &str) -> pg::Result<Option<Schedule>> {
    let row: Option<Row> = sqlx::query_as(AssertSqlSafe(format!("{ROW} where name = $1 {rest}")))
        .bind(name)
        .fetch_optional(tx)
        .await?;
    Ok(row.map(Schedule::from))
}

/// One of the tenant's schedules.
pub(crate) async fn find(tx: &mut PgConnection, name: &str) -> pg::Result<Option<Schedule>> {
    one(tx, name, "").await
}

/// One of the tenant's schedules, locked.
pub(crate) async fn lock(tx: &mut PgConnection, name: &str) -> pg::Result<Option<Schedule>> {
    one(tx, name, "for update").await
}

/// A schedule that is due by `now`, locked; `None` where another worker has it or had it.
pub(crate) async fn lock_due(
    tx: &mut PgConnection,
    name: &str,
    now: Timestamp,
) -> pg::Result<Option<Schedule>> {
    let rest = "and state = 'enabled' and next_at <= $2 for update skip locked";
    let row: Option<Row> = sqlx::query_as(AssertSqlSafe(format!("{ROW} where name = $1 {rest}")))
        .bind(name)
        .bind(now)
        .fetch_optional(tx)
        .await?;
    Ok(row.map(Schedule::from))
}

/// The tenant's schedules by name.
pub(crate) async fn list(tx: &mut PgConnection) -> pg::Result<Vec<Schedule>> {
    let rows: Vec<Row> =
        sqlx::query_as(AssertSqlSafe(format!("{ROW} order by name"))).fetch_all(tx).await?;
    Ok(rows.into_iter().map(Schedule::from).collect())
}

/// Schedules of any tenant that are due by `now`, of these workflows; the longest due first.
pub(crate) async fn due(
    tx: &mut PgConnection,
    workflows: &[String],
    versions: &[i32],
    now: Timestamp,
) -> pg::Result<Vec<(TenantId, String)>> {
    Ok(sqlx::query_as(
        "select tenant_id, name from job_schedules
         where state = 'enabled' and next_at <= $3
           and (workflow, version) in (select * from unnest($1::text[], $2::int[]))
         order by next_at limit 100",
    )
    .bind(workflows)
    .bind(versions)
    .bind(now)
    .fetch_all(tx)
    .await?)
}

/// Writes a schedule; an old one keeps its state and its past.
pub(crate) async fn upsert(tx: &mut PgConnection, spec: &Spec, next: Timestamp) -> pg::Result<()> {
    sqlx::query(
        "insert into job_schedules as s
             (name, workflow, version, input, cron, zone, day_border, missed, missed_most, overlap, priority, next_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict on constraint job_schedules_pkey do update set
             workflow = excluded.workflow, version = excluded.version, input = excluded.input, cron = excluded.cron,
             zone = excluded.zone, day_border = excluded.day_border, missed = excluded.missed,
             missed_most = excluded.missed_most, overlap = excluded.overlap, priority = excluded.priority,
             next_at = excluded.next_at",
    )
    .bind(&spec.name)
    .bind(&spec.workflow)
    .bind(spec.version.cast_signed())
    .bind(&spec.input)
    .bind(&spec.cron)
    .bind(&spec.zone)
    .bind(i32::from(spec.day_border))
    .bind(spec.missed)
    .bind(i32::from(spec.missed_most))
    .bind(spec.overlap)
    .bind(spec.priority)
    .bind(next)
    .execute(tx)
    .await?;
    Ok(())
}

/// Enables or disables a schedule.
pub(crate) async fn set_state(
    tx: &mut PgConnection,
    name: &str,
    state: ScheduleState,
    next: Option<Timestamp>,
) -> pg::Result<()> {
    sqlx::query("update job_schedules set state = $2, next_at = $3 where name = $1")
        .bind(name)
        .bind(state)
        .bind(next)
        .execute(tx)
        .await?;
    Ok(())
}

/// Moves a schedule on; `last` is the last time for which a run began, if one did.
pub(crate) async fn advance(
    tx: &mut PgConnection,
    name: &str,
    next: Option<Timestamp>,
    last: Option<(Timestamp, JobId)>,
) -> pg::Result<()> {
    sqlx::query(
        "update job_schedules
         set next_at = $2, last_at = coalesce($3, last_at), last_job_id = coalesce($4, last_job_id)
         where name = $1",
    )
    .bind(name)
    .bind(next)
    .bind(last.map(|(at, _)| at))
    .bind(last.map(|(_, job)| job))
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes a schedule; answers whether there was one.
pub(crate) async fn delete(tx: &mut PgConnection, name: &str) -> pg::Result<bool> {
    let deleted =
        sqlx::query("delete from job_schedules where name = $1").bind(name).execute(tx).await?;
    Ok(deleted.rows_affected() == 1)
}
