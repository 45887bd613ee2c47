//! apalis-postgres: batches of 200, told of new jobs, without the second lock that its claim does not need.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use apalis::prelude::*;
use apalis_postgres::{Config, PgTask, PostgresStorage, queries::push_tasks};
use futures::future::try_join_all;
use peers::protocol::{Asked, millis, rate, unsupported, until};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};

const QUEUE: &str = "noop";
const BATCH: usize = 200;
const TEMPO: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() -> Result<()> {
    let mut asked = Asked::read()?;
    let answer = match asked.task.as_str() {
        "setup" => setup(&mut asked).await?,
        "fill" => fill(&mut asked).await?,
        "enqueue" => enqueue(&mut asked).await?,
        "drain" => drain(&mut asked).await?,
        "latency" => latency(&mut asked).await?,
        _ => unsupported(),
    };
    asked.answer(&answer).await?;
    std::process::exit(0)
}

async fn pool(asked: &Asked) -> Result<PgPool> {
    Ok(PgPoolOptions::new().max_connections(10).connect(&asked.url).await?)
}

fn task(number: usize) -> Result<PgTask> {
    Ok(TaskBuilder::new(serde_json::to_vec(&number)?).build())
}

async fn setup(asked: &mut Asked) -> Result<Value> {
    let pool = pool(asked).await?;
    asked.begin().await?;
    PostgresStorage::setup(&pool).await?;
    Ok(json!({}))
}

async fn fill(asked: &mut Asked) -> Result<Value> {
    let mut connection = PgConnection::connect(&asked.url).await?;
    asked.begin().await?;
    for first in (0..asked.count).step_by(1_000) {
        let last = asked.count.min(first + 1_000);
        let tasks = (first..last).map(task).collect::<Result<_>>()?;
        push_tasks(&mut connection, QUEUE, tasks).await?;
    }
    Ok(json!({}))
}

/// Its way to add a job in the caller's transaction.
async fn add(connection: &mut PgConnection, number: usize) -> Result<()> {
    let mut tx = connection.begin().await?;
    push_tasks(&mut *tx, QUEUE, vec![task(number)?]).await?;
    tx.commit().await?;
    Ok(())
}

async fn enqueue(asked: &mut Asked) -> Result<Value> {
    let (producers, each) = (asked.concurrency, asked.count.div_ceil(asked.concurrency));
    let connect = || PgConnection::connect(&asked.url);
    let connections = try_join_all((0..producers).map(|_| connect())).await?;
    let begun = asked.begin().await?;
    let produce = |mut connection: PgConnection| {
        tokio::spawn(async move {
            for number in 0..each {
                add(&mut connection, number).await?;
            }
            anyhow::Ok(())
        })
    };
    for ended in try_join_all(connections.into_iter().map(produce)).await? {
        ended?;
    }
    Ok(rate(each * producers, begun))
}

/// What is called with the number of each job that starts.
#[derive(Clone)]
struct Started(Arc<dyn Fn(usize) + Send + Sync>);

async fn noop(number: usize, started: Data<Started>) -> Result<(), BoxDynError> {
    let Started(call) = &*started;
    call(number);
    Ok(())
}

fn work(pool: &PgPool, concurrency: usize, started: impl Fn(usize) + Send + Sync + 'static) {
    let config = Config::default().queue(QUEUE).batch_size(BATCH).lock_tasks(false);
    let backend = PostgresStorage::<usize>::new(pool)
        .with_config(config)
        .with_pubsub()
        .poll_with_interval(Duration::from_millis(25));
    let worker = WorkerBuilder::new("worker")
        .backend(backend)
        .data(Started(Arc::new(started)))
        .concurrency(concurrency)
        .build(noop);
    tokio::spawn(async move {
        if let Err(failure) = worker.run().await {
            eprintln!("{failure}");
        }
    });
}

async fn drain(asked: &mut Asked) -> Result<Value> {
    let pool = pool(asked).await?;
    let done = Arc::new(AtomicUsize::new(0));
    let begun = asked.begin().await?;
    let counted = Arc::clone(&done);
    work(&pool, asked.concurrency, move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let count = asked.count;
    until(async || Ok(done.load(Ordering::Relaxed) >= count)).await?;
    let left = "select exists(select from apalis.jobs where status <> 'Done')";
    until(async || Ok(!sqlx::query_scalar::<_, bool>(left).fetch_one(&pool).await?)).await?;
    Ok(rate(count, begun))
}

async fn latency(asked: &mut Asked) -> Result<Value> {
    let pool = pool(asked).await?;
    let mut connection = PgConnection::connect(&asked.url).await?;
    let sent: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let taken: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let (known, took) = (Arc::clone(&sent), Arc::clone(&taken));
    work(&pool, asked.concurrency, move |number| {
        if let (Ok(known), Ok(mut took)) = (known.lock(), took.lock()) {
            took.push(known[number].elapsed());
        }
    });
    // The listener connects beside the worker.
    tokio::time::sleep(Duration::from_millis(500)).await;
    asked.begin().await?;
    let broken = || anyhow!("a thread died");
    for number in 0..asked.count {
        let due = tokio::time::Instant::now() + TEMPO;
        sent.lock().map_err(|_| broken())?.push(Instant::now());
        add(&mut connection, number).await?;
        tokio::time::sleep_until(due).await;
    }
    let count = asked.count;
    until(async || Ok(taken.lock().map_err(|_| broken())?.len() >= count)).await?;
    let taken = taken.lock().map_err(|_| broken())?;
    Ok(millis(&taken))
}
