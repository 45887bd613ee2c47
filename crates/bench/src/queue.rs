//! The engine of durable jobs as a queue: how fast runs begin, start and end, and what a long past costs them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use async_trait::async_trait;
use futures::future::try_join_all;
use jobs::{Attempt, Limits, Retention, Step, StepError, Worker, Workflow};
use kernel::{Clock, Cx, TenantId};
use pg::Db;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ground::Ground,
    report::{Bar, Figure},
    stats::{median, percentile},
};

const SERVICE: &str = "notifier";

/// How long producers produce.
const TRIAL: Duration = Duration::from_secs(2);

/// Runs that wait when a drain begins.
const QUEUED: usize = 3_000;

/// Tenants that they belong to.
const TENANTS: usize = 20;

/// Runs that are begun one by one.
const SINGLE: usize = 200;

const PATIENCE: Duration = Duration::from_secs(60);

const STEPS: [&str; 3] = ["first", "second", "third"];

pub(crate) const NOTES: [&str; 4] = [
    "Enqueue: one run a transaction, by 1 and by 8 producers, beside a transaction of one insert into a bare table.",
    "Drain: 3,000 runs of 20 tenants, one step that does nothing; one worker of 32 places in this process. Held: another \
     session keeps a snapshot from before the drain.",
    "One by one: a run is begun when the last is done; its start is the beginning of its first step. Once with an empty \
     history and once with the finished runs of --finished in it.",
    "Three steps: steps that do nothing; one by one, and 32 at a time.",
];

/// When steps began, by run.
#[derive(Clone, Default)]
struct Begun(Arc<Mutex<HashMap<String, Instant>>>);

impl Begun {
    fn note(&self, key: &str) {
        let mut begun = self.0.lock().expect("no panic under the lock");
        begun.entry(key.to_owned()).or_insert_with(Instant::now);
    }

    fn take(&self, key: &str) -> Option<Instant> {
        self.0.lock().expect("no panic under the lock").remove(key)
    }
}

/// A workflow of so many steps that do nothing.
struct Idle(&'static str, usize, Begun);

struct Nothing(&'static str, Begun);

#[async_trait]
impl Workflow for Idle {
    fn name(&self) -> &'static str {
        self.0
    }

    fn version(&self) -> u32 {
        1
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        let step = |name: &&'static str| Arc::new(Nothing(name, self.2.clone())) as Arc<dyn Step>;
        STEPS[..self.1].iter().map(step).collect()
    }
}

#[async_trait]
impl Step for Nothing {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        self.1.note(&at.key);
        Ok(json!({}))
    }
}

/// The database, the worker and what it has begun.
struct Stand {
    db: Db,
    begun: Begun,
    tenants: Vec<TenantId>,
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
            "create table usher_notifier.bare (id uuid primary key, tenant_id uuid, body jsonb);
             grant insert on usher_notifier.bare to usher_notifier",
        )
        .await?;
    let clock = Clock::system();
    let stand = Stand {
        db: Db::connect(&place.access(), SERVICE)?,
        begun: Begun::default(),
        tenants: (0..TENANTS).map(|_| clock.new_id()).collect(),
    };
    let mut figures = stand.enqueue().await?;
    empty(&mut admin).await?;
    figures.extend(stand.drain(&place.url).await?);
    figures.extend(stand.three_steps().await?);
    jobs::archive(&stand.db, clock.now().after(Duration::from_secs(60))).await?;
    let (start, begin) = stand.one_by_one("empty").await?;
    fill_history(&mut admin, finished).await?;
    let (late_start, late_begin) = stand.one_by_one("full").await?;
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
    stand.db.close().await;
    Ok(figures)
}

impl Stand {
    fn cx(&self, tenant: TenantId) -> Cx {
        Cx::of_service(SERVICE, Some(tenant), &Clock::system())
    }

    /// A worker in this process, until the token is cancelled.
    fn work(&self, concurrency: usize) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let workflows: Vec<Arc<dyn Workflow>> = vec![
            Arc::new(Idle("one_step", 1, self.begun.clone())),
            Arc::new(Idle("three_steps", 3, self.begun.clone())),
        ];
        let limits = Limits { concurrency, per_tenant: concurrency };
        let never = Retention { every: Duration::from_secs(3600), ..Retention::default() };
        let worker =
            Worker::new(self.db.clone(), Clock::system(), workflows, limits).with_retention(never);
        let stop = CancellationToken::new();
        (stop.clone(), tokio::spawn(worker.run(stop)))
    }

    async fn begin(&self, workflow: &str, key: &str, tenant: TenantId) -> Result<()> {
        let mut tx = self.db.tenant(tenant, "enqueue").await?;
        jobs::start(&mut tx, &self.cx(tenant), workflow, 1, key, &json!({"n": 1})).await?;
        Ok(tx.commit().await?)
    }

    async fn insert_bare(&self, tenant: TenantId) -> Result<()> {
        let mut tx = self.db.tenant(tenant, "insert_bare").await?;
        sqlx::query("insert into bare (id, tenant_id, body) values ($1, $2, $3)")
            .bind(Uuid::now_v7())
            .bind(tenant)
            .bind(json!({"n": 1}))
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Rates of transactions by one producer and by eight; bare and enqueuing ones take turns.
    async fn enqueue(&self) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        for producers in [1, 8] {
            let bare =
                produce(producers, async |nth| self.insert_bare(self.tenants[nth % TENANTS]).await)
                    .await?;
            let ours = produce(producers, async |nth| {
                let key = Uuid::now_v7().to_string();
                self.begin("one_step", &key, self.tenants[nth % TENANTS]).await
            })
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
    async fn drain(&self, url: &str) -> Result<Vec<Figure>> {
        let free = self.drain_once("one_step", "free").await?;
        let mut holder = PgConnection::connect(url).await?;
        holder
            .execute("begin isolation level repeatable read; select count(*) from pg_class")
            .await?;
        let held = self.drain_once("one_step", "held").await;
        holder.execute("rollback").await?;
        let held = held?;
        Ok(vec![
            Figure::new("drain, one step", "runs/s", vec![free]),
            Figure::new("drain, one step, old snapshot held", "runs/s", vec![held])
                .with_bar(Bar::AtLeast(free / 1.5)),
        ])
    }

    async fn drain_once(&self, workflow: &str, mark: &str) -> Result<f64> {
        for (nth, tenant) in self.tenants.iter().enumerate() {
            let mut tx = self.db.tenant(*tenant, "fill_queue").await?;
            for run in 0..QUEUED / TENANTS {
                let key = format!("{mark} {nth} {run}");
                jobs::start(&mut tx, &self.cx(*tenant), workflow, 1, &key, &json!({})).await?;
            }
            tx.commit().await?;
        }
        let begun = Instant::now();
        let (stop, worker) = self.work(32);
        while !jobs::idle(&self.db, Clock::system().now()).await? {
            ensure!(begun.elapsed() < PATIENCE, "the queue does not get empty");
            sleep(Duration::from_millis(20)).await;
        }
        let rate = QUEUED as f64 / begun.elapsed().as_secs_f64();
        stop.cancel();
        worker.await?;
        Ok(rate)
    }

    /// How long a run of three steps takes alone, and how many a second end when 32 are under way.
    async fn three_steps(&self) -> Result<Vec<Figure>> {
        let (stop, worker) = self.work(32);
        let mut alone = Vec::new();
        for nth in 0..SINGLE / 2 {
            let (key, begun) = (format!("alone {nth}"), Instant::now());
            self.begin("three_steps", &key, self.tenants[0]).await?;
            self.ended("three_steps", &key).await?;
            alone.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        stop.cancel();
        worker.await?;
        let together = self.drain_once("three_steps", "together").await?;
        Ok(vec![
            Figure::new("three steps, one by one p50", "ms", vec![percentile(&alone, 50.0)]),
            Figure::new("three steps, 32 at a time", "runs/s", vec![together]),
        ])
    }

    /// Milliseconds of each enqueue, and from there to the start of its first step.
    async fn one_by_one(&self, mark: &str) -> Result<(Vec<f64>, Vec<f64>)> {
        let (stop, worker) = self.work(8);
        let (mut enqueue, mut start) = (Vec::new(), Vec::new());
        for nth in 0..SINGLE {
            let (key, begun) = (format!("{mark} {nth}"), Instant::now());
            self.begin("one_step", &key, self.tenants[0]).await?;
            let committed = Instant::now();
            self.ended("one_step", &key).await?;
            let started = self.begun.take(&key).unwrap_or(committed);
            enqueue.push((committed - begun).as_secs_f64() * 1000.0);
            start.push(started.saturating_duration_since(committed).as_secs_f64() * 1000.0);
        }
        stop.cancel();
        worker.await?;
        Ok((enqueue, start))
    }

    async fn ended(&self, workflow: &str, key: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            let mut tx = self.db.tenant(self.tenants[0], "look").await?;
            let found = jobs::by_key(&mut tx, workflow, key).await?;
            tx.commit().await?;
            if found.is_some_and(|run| run.state.has_ended()) {
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "a run does not end");
            sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Repeats `work` by so many producers at a time; answers how many a second.
async fn produce(producers: usize, work: impl AsyncFn(usize) -> Result<()>) -> Result<f64> {
    let begun = Instant::now();
    let one = async |nth: usize| -> Result<u64> {
        let mut done = 0;
        while begun.elapsed() < TRIAL {
            work(nth).await?;
            done += 1;
        }
        Ok(done)
    };
    let done: u64 = try_join_all((0..producers).map(one)).await?.into_iter().sum();
    Ok(done as f64 / begun.elapsed().as_secs_f64())
}

/// Takes away what nobody is going to work on.
async fn empty(admin: &mut PgConnection) -> Result<()> {
    let tables = ["jobs", "job_steps", "job_ready", "job_leases", "job_keys"];
    let names = tables.map(|table| format!("usher_notifier.{table}")).join(", ");
    admin.execute(AssertSqlSafe(format!("truncate {names} cascade"))).await?;
    Ok(())
}

/// A past of so many finished runs of one step, over the last two months.
async fn fill_history(admin: &mut PgConnection, finished: u64) -> Result<()> {
    let columns = "tenant_id, id, workflow, version, key, input, state, request_id, started_by, created_at, ended_at,
                   priority";
    let fill = format!(
        "set search_path = usher_notifier, usher;
         create temporary table past as
             select ('00000000-0000-7000-8000-' || lpad(to_hex(n % 1000), 12, '0'))::uuid as tenant_id,
                    gen_random_uuid() as id, now() - n % 60 * interval '1 day' as ended_at
             from generate_series(1, {finished}) n;
         insert into job_history ({columns})
             select tenant_id, id, 'one_step', 1, id::text, '{{}}', 'done', id::text, 'service:bench', ended_at, ended_at,
                    'normal' from past;
         insert into job_step_history (tenant_id, job_id, number, name, policy, state, effect, attempts, undo_attempts,
                                       round, ended_at, output, run_ended_at)
             select tenant_id, id, 0, 'first', '{{}}', 'done', 'unknown', 1, 0, 0, ended_at, '{{}}', ended_at from past;
         insert into job_keys (tenant_id, workflow, key, job_id, ended_at)
             select tenant_id, 'one_step', id::text, id, ended_at from past;
         drop table past; analyze job_keys; analyze job_history; analyze job_step_history; reset search_path"
    );
    admin.execute(sqlx::raw_sql(AssertSqlSafe(fill))).await?;
    Ok(())
}
