//! The engine of durable jobs as a queue: how fast runs begin, start and end, and what a long past costs them.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::Result;
use futures::future::try_join_all;
use kernel::Clock;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::{
    engine::{Engine, ONE, THREE},
    ground::Ground,
    report::{Bar, Figure},
    stats::{median, percentile},
};

/// How long producers produce.
const TRIAL: Duration = Duration::from_secs(2);

/// Runs that wait when a drain begins.
const QUEUED: usize = 3_000;

/// Tenants that they belong to.
const TENANTS: usize = 20;

/// Runs that are begun one by one.
const SINGLE: usize = 200;

pub(crate) const NOTES: [&str; 4] = [
    "Enqueue: one run a transaction, by 1 and by 8 producers, beside a transaction of one insert into a bare table.",
    "Drain: 3,000 runs of 20 tenants, one step that does nothing; one worker of 32 places in this process. Held: another \
     session keeps a snapshot from before the drain.",
    "One by one: a run is begun when the last is done; its start is the beginning of its first step. Once with an empty \
     history and once with the finished runs of --finished in it.",
    "Three steps: steps that do nothing; one by one, and 32 at a time.",
];

/// The engine, its database, and how many runs were begun.
struct Stand {
    engine: Engine,
    url: String,
    begun: AtomicUsize,
}

/// Measures all of it once.
///
/// # Errors
/// The database refuses, or runs do not end.
pub(crate) async fn measure(ground: &Ground, finished: u64) -> Result<Vec<Figure>> {
    let place = ground.place("jobs").await?;
    let mut admin = PgConnection::connect(&place.url).await?;
    admin
        .execute(
            "create table usher_user.bare (id uuid primary key, tenant_id uuid default usher.current_tenant(), body jsonb);
             grant insert on usher_user.bare to usher_user",
        )
        .await?;
    let engine = Engine::open(&place.access(), TENANTS)?;
    let stand = Stand { engine, url: place.url.clone(), begun: AtomicUsize::new(0) };
    stand.fill(ONE).await?;
    let mut figures = stand.enqueue().await?;
    empty(&mut admin).await?;
    figures.extend(stand.drain().await?);
    figures.extend(stand.three_steps().await?);
    let soon = Clock::system().now().after(Duration::from_secs(60));
    jobs::archive(&stand.engine.db, soon).await?;
    let (start, begin) = stand.one_by_one().await?;
    fill_history(&mut admin, finished).await?;
    let (late_start, late_begin) = stand.one_by_one().await?;
    let of = |name: String, times: &[f64], percent| {
        Figure::new(name, "ms", vec![percentile(times, percent)])
    };
    figures.extend([
        of("enqueue, empty history p50".into(), &start, 50.0),
        of("enqueue to start, empty history p50".into(), &begin, 50.0),
        of("enqueue to start, empty history p99".into(), &begin, 99.0),
        of(format!("enqueue, {finished} finished p50"), &late_start, 50.0)
            .with_bar(Bar::AtMost(1.2 * median(&start))),
        of(format!("enqueue to start, {finished} finished p50"), &late_begin, 50.0)
            .with_bar(Bar::AtMost(1.2 * median(&begin))),
        of(format!("enqueue to start, {finished} finished p99"), &late_begin, 99.0),
    ]);
    stand.engine.db.close().await;
    Ok(figures)
}

impl Stand {
    /// The number of the next run; the first of the next `count`.
    fn next(&self, count: usize) -> usize {
        self.begun.fetch_add(count, Ordering::Relaxed)
    }

    /// Leaves [`QUEUED`] runs waiting. The tables are analyzed, as autovacuum does
    /// within a minute of a real start: plans that were made over empty tables are made anew.
    async fn fill(&self, workflow: &'static str) -> Result<()> {
        let first = self.next(QUEUED);
        self.engine.fill(workflow, first..first + QUEUED).await?;
        PgConnection::connect(&self.url).await?.execute("analyze").await?;
        Ok(())
    }

    async fn insert_bare(&self, number: usize) -> Result<()> {
        let mut tx = self.engine.transaction(number).await?;
        sqlx::query("insert into bare (id, body) values ($1, $2)")
            .bind(Uuid::now_v7())
            .bind(json!({"n": 1}))
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Rates of transactions by one producer and by eight; bare and enqueuing ones take turns.
    async fn enqueue(&self) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        for producers in [1, 8] {
            let bare = produce(producers, async || self.insert_bare(self.next(1)).await).await?;
            let ours =
                produce(producers, async || self.engine.start(ONE, self.next(1)).await.map(drop))
                    .await?;
            figures.extend([
                Figure::new(format!("bare insert, {producers} at a time"), "tx/s", vec![bare]),
                Figure::new(format!("enqueue, {producers} at a time"), "runs/s", vec![ours]),
                Figure::new(
                    format!("enqueue of bare, {producers} at a time"),
                    "ratio",
                    vec![ours / bare],
                )
                .with_bar(Bar::AtLeast(0.9)),
            ]);
        }
        Ok(figures)
    }

    /// Rates of emptying a queue, without and with an old snapshot held.
    async fn drain(&self) -> Result<Vec<Figure>> {
        let free = self.drain_once(ONE, 1).await?;
        let mut holder = PgConnection::connect(&self.url).await?;
        holder
            .execute("begin isolation level repeatable read; select count(*) from pg_class")
            .await?;
        let held = self.drain_once(ONE, 1).await;
        holder.execute("rollback").await?;
        let held = held?;
        Ok(vec![
            Figure::new("drain, one step", "runs/s", vec![free]),
            Figure::new("drain, one step, old snapshot held", "runs/s", vec![held])
                .with_bar(Bar::AtLeast(free / 1.5)),
        ])
    }

    async fn drain_once(&self, workflow: &'static str, steps: usize) -> Result<f64> {
        self.fill(workflow).await?;
        let taken = self.engine.drain(steps * QUEUED, 32).await?;
        Ok(QUEUED as f64 / taken.as_secs_f64())
    }

    /// How long a run of three steps takes alone, and how many a second end when 32 are under way.
    async fn three_steps(&self) -> Result<Vec<Figure>> {
        let running = self.engine.work(32);
        let mut alone = Vec::new();
        for _ in 0..SINGLE / 2 {
            let begun = Instant::now();
            self.engine.run_through(THREE, self.next(1)).await?;
            alone.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        running.end().await?;
        let together = self.drain_once(THREE, 3).await?;
        Ok(vec![
            Figure::new("three steps, one by one p50", "ms", vec![percentile(&alone, 50.0)]),
            Figure::new("three steps, 32 at a time", "runs/s", vec![together]),
        ])
    }

    /// Milliseconds of each enqueue, and from there to the start of its first step.
    async fn one_by_one(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        let running = self.engine.work(8);
        let (mut enqueue, mut start) = (Vec::new(), Vec::new());
        for _ in 0..SINGLE {
            let (number, begun) = (self.next(1), Instant::now());
            let committed = self.engine.run_through(ONE, number).await?;
            let started = self.engine.seen.starts().remove(&number).unwrap_or(committed);
            enqueue.push((committed - begun).as_secs_f64() * 1000.0);
            start.push(started.saturating_duration_since(committed).as_secs_f64() * 1000.0);
        }
        running.end().await?;
        Ok((enqueue, start))
    }
}

/// Repeats `work` by so many producers at a time; answers how many a second.
async fn produce(producers: usize, work: impl AsyncFn() -> Result<()>) -> Result<f64> {
    let begun = Instant::now();
    let one = async || -> Result<u64> {
        let mut done = 0;
        while begun.elapsed() < TRIAL {
            work().await?;
            done += 1;
        }
        Ok(done)
    };
    let done: u64 = try_join_all((0..producers).map(|_| one())).await?.into_iter().sum();
    Ok(done as f64 / begun.elapsed().as_secs_f64())
}

/// Takes away what nobody is going to work on.
async fn empty(admin: &mut PgConnection) -> Result<()> {
    let tables = ["jobs", "job_steps", "job_ready", "job_leases", "job_keys"];
    let names = tables.map(|table| format!("usher_user.{table}")).join(", ");
    admin.execute(AssertSqlSafe(format!("truncate {names} cascade"))).await?;
    Ok(())
}

/// A past of so many finished runs of one step, over the last two months.
async fn fill_history(admin: &mut PgConnection, finished: u64) -> Result<()> {
    let columns = "tenant_id, id, workflow, version, key, input, state, request_id, started_by, created_at, ended_at,
                   priority";
    let fill = format!(
        "set search_path = usher_user, usher;
         create temporary table past as
             select ('00000000-0000-7000-8000-' || lpad(to_hex(n % 1000), 12, '0'))::uuid as tenant_id,
                    gen_random_uuid() as id, now() - n % 60 * interval '1 day' as ended_at
             from generate_series(1, {finished}) n;
         insert into job_history ({columns})
             select tenant_id, id, 'one_step', 1, id::text, '{{}}', 'done', id::text, 'service:bench', ended_at, ended_at,
                    'normal' from past;
         insert into job_step_history (tenant_id, job_id, number, name, policy, state, effect, attempts, undo_attempts,
                                       round, ended_at, output, run_ended_at)
             select tenant_id, id, 0, 'only', '{{}}', 'done', 'unknown', 1, 0, 0, ended_at, '{{}}', ended_at from past;
         insert into job_keys (tenant_id, workflow, key, job_id, ended_at)
             select tenant_id, 'one_step', id::text, id, ended_at from past;
         drop table past; analyze job_keys; analyze job_history; analyze job_step_history; reset search_path"
    );
    admin.execute(sqlx::raw_sql(AssertSqlSafe(fill))).await?;
    Ok(())
}
