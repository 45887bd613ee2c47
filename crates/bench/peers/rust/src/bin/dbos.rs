//! DBOS Transact for Rust: workflows run in this process, or wait on a queue; its own pool, wide enough for 32 at once.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use dbos::{Client, ClientConfig, Config, DBOS, QueueConflict, QueueOptions, WorkflowRef, step};
use futures::future::try_join_all;
use peers::protocol::{Asked, millis, rate, unsupported, until};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

const APP: &str = "peer";
const NOOP: &str = "noop";
const CONNECTIONS: u32 = 32;
const TEMPO: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() -> Result<()> {
    let mut asked = Asked::read()?;
    let answer = match asked.task.as_str() {
        "setup" => setup(&mut asked).await?,
        "fill" => {
            enqueue(&mut asked).await?;
            json!({})
        }
        "enqueue" => enqueue(&mut asked).await?,
        "drain" => drain(&mut asked).await?,
        "latency" => latency(&mut asked).await?,
        "steps" if asked.concurrency == 1 => steps_alone(&mut asked).await?,
        "steps" => steps_together(&mut asked).await?,
        _ => unsupported(),
    };
    asked.answer(&answer).await?;
    std::process::exit(0)
}

fn engine(asked: &Asked) -> DBOS {
    DBOS::new(Config {
        app_version: Some("1".to_owned()),
        max_connections: CONNECTIONS,
        ..Config::new(APP, &asked.url)
    })
}

async fn client(asked: &Asked) -> Result<Client> {
    Ok(Client::connect(ClientConfig {
        app_name: Some(APP.to_owned()),
        max_connections: CONNECTIONS,
        ..ClientConfig::new(&asked.url)
    })
    .await?)
}

async fn setup(asked: &mut Asked) -> Result<Value> {
    let engine = engine(asked);
    asked.begin().await?;
    engine.launch().await?;
    engine.shutdown().await;
    Ok(json!({}))
}

/// It has no way to enqueue in the caller's transaction from Rust: each call is a transaction of its own.
async fn add(client: &Client, number: usize) -> Result<()> {
    client.enqueue::<_, (), dbos::EngineOnly>(NOOP, NOOP, number).await?;
    Ok(())
}

async fn enqueue(asked: &mut Asked) -> Result<Value> {
    let (producers, each) = (asked.concurrency, asked.count.div_ceil(asked.concurrency));
    let client = client(asked).await?;
    let begun = asked.begin().await?;
    let produce = |client: Client| {
        tokio::spawn(async move {
            for number in 0..each {
                add(&client, number).await?;
            }
            anyhow::Ok(())
        })
    };
    for ended in try_join_all((0..producers).map(|_| produce(client.clone()))).await? {
        ended?;
    }
    Ok(rate(each * producers, begun))
}

/// Starts an engine that works on the queue and calls `started` with the number of each job.
async fn work(
    asked: &Asked,
    started: impl Fn(usize) + Clone + Send + Sync + 'static,
) -> Result<DBOS> {
    let engine = engine(asked);
    engine.register_workflow::<usize, (), dbos::EngineOnly, _, _>(NOOP, move |number| {
        started(number);
        async { dbos::Result::Ok(()) }
    })?;
    engine.launch().await?;
    // Without a limit, as by default, one claim takes all that waits: it sleeps between two claims even while there is
    // a backlog.
    let limits =
        QueueOptions { polling_interval: Duration::from_millis(10), ..QueueOptions::default() };
    engine.register_queue(NOOP, limits, QueueConflict::UpdateIfLatestVersion).await?;
    Ok(engine)
}

async fn drain(asked: &mut Asked) -> Result<Value> {
    let mut connection = PgConnection::connect(&asked.url).await?;
    let done = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&done);
    let begun = asked.begin().await?;
    let _engine = work(asked, move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    })
    .await?;
    let count = asked.count;
    until(async || Ok(done.load(Ordering::Relaxed) >= count)).await?;
    let left = "select exists(select from dbos.workflow_status where status <> 'SUCCESS')";
    until(async || Ok(!sqlx::query_scalar::<_, bool>(left).fetch_one(&mut connection).await?))
        .await?;
    Ok(rate(count, begun))
}

async fn latency(asked: &mut Asked) -> Result<Value> {
    let client = client(asked).await?;
    let sent: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let taken: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let (known, took) = (Arc::clone(&sent), Arc::clone(&taken));
    let _engine = work(asked, move |number| {
        if let (Ok(known), Ok(mut took)) = (known.lock(), took.lock()) {
            took.push(known[number].elapsed());
        }
    })
    .await?;
    // A queue is noticed once a second, and looked at once a second at first; the pause shrinks by a tenth each time.
    tokio::time::sleep(Duration::from_secs(12)).await;
    asked.begin().await?;
    let broken = || anyhow!("a thread died");
    for number in 0..asked.count {
        let due = tokio::time::Instant::now() + TEMPO;
        sent.lock().map_err(|_| broken())?.push(Instant::now());
        add(&client, number).await?;
        tokio::time::sleep_until(due).await;
    }
    let count = asked.count;
    until(async || Ok(taken.lock().map_err(|_| broken())?.len() >= count)).await?;
    let taken = taken.lock().map_err(|_| broken())?;
    Ok(millis(&taken))
}

async fn three(_: ()) -> dbos::Result<()> {
    for name in ["first", "second", "third"] {
        step(name, || async { dbos::Result::Ok(()) }).await?;
    }
    Ok(())
}

async fn launched(asked: &Asked) -> Result<WorkflowRef<(), ()>> {
    let engine = engine(asked);
    let three = engine.register_workflow("three", three)?;
    engine.launch().await?;
    // What is launched must live on, and this process ends by itself.
    std::mem::forget(engine);
    Ok(three)
}

async fn steps_alone(asked: &mut Asked) -> Result<Value> {
    let three = launched(asked).await?;
    asked.begin().await?;
    let mut taken = Vec::with_capacity(asked.count);
    for _ in 0..asked.count {
        let begun = Instant::now();
        three.run(()).await?;
        taken.push(begun.elapsed());
    }
    Ok(millis(&taken))
}

async fn steps_together(asked: &mut Asked) -> Result<Value> {
    let (at_once, each) = (asked.concurrency, asked.count.div_ceil(asked.concurrency));
    let three = launched(asked).await?;
    let begun = asked.begin().await?;
    let one_after_another = |three: WorkflowRef<(), ()>| {
        tokio::spawn(async move {
            for _ in 0..each {
                three.run(()).await?;
            }
            anyhow::Ok(())
        })
    };
    for ended in try_join_all((0..at_once).map(|_| one_after_another(three.clone()))).await? {
        ended?;
    }
    Ok(rate(at_once * each, begun))
}
