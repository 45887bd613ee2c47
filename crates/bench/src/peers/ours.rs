//! Our side of the comparison: the engine as a service uses it, in this process.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use jobs::{JobState, Limits, Worker, Workflow};
use kernel::{Clock, Cx, JobId, TenantId};
use pg::{Db, TenantTx};
use tokio::{task::JoinHandle, time};
use tokio_util::sync::CancellationToken;

use super::{
    noop::{Input, Noop, Seen},
    task::{Answer, Task},
};
use crate::{ground, relay::SERVICE};

/// One step: a plain job.
const ONE: &str = "one_step";
/// Three steps, as DBOS makes them.
const THREE: &str = "three_steps";

const TENANTS: usize = 16;

/// Attempts at a time; no tenant is held back, since the peers know none.
const CONCURRENCY: usize = 64;

/// Starts in one transaction while the backlog is written.
const TOGETHER: usize = 500;

const TEMPO: Duration = Duration::from_millis(20);
const GLANCE: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(300);

/// A service's engine on a database of its own.
#[derive(Clone)]
pub(crate) struct Ours {
    db: Db,
    clock: Clock,
    tenants: Arc<[TenantId]>,
    seen: Arc<Seen>,
}

/// A worker that is under way.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Ours {
    /// Connects, as wide as tasks need it.
    ///
    /// # Errors
    /// The database refuses.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let db = Db::connect(&ground::access(url.to_owned()), SERVICE)?;
        let clock = Clock::system();
        let tenants: Arc<[TenantId]> = (0..TENANTS).map(|_| clock.new_id()).collect();
        let ours = Self { db, clock, tenants, seen: Arc::default() };
        // Held together, so that each is a connection of its own.
        let opened = (0..TENANTS).map(|number| ours.transaction(number));
        drop(try_join_all(opened).await?);
        Ok(ours)
    }

    /// Leaves so many jobs waiting.
    ///
    /// # Errors
    /// The database refuses.
    pub(crate) async fn fill(&self, count: usize) -> Result<()> {
        for tenant in 0..TENANTS {
            let numbers: Vec<usize> = (tenant..count).step_by(TENANTS).collect();
            for together in numbers.chunks(TOGETHER) {
                let mut tx = self.transaction(tenant).await?;
                for number in together {
                    self.begin(&mut tx, ONE, *number).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Makes a task.
    ///
    /// # Errors
    /// The database refuses, or the engine does not get through.
    pub(crate) async fn make(&self, task: Task) -> Result<Answer> {
        let made = async {
            match (task.word(), task.at_once) {
                ("enqueue", producers) => self.enqueue(task.count, producers).await,
                ("drain", _) => self.drain(task.count).await,
                ("latency", _) => self.latency(task.count).await,
                (_, 1) => self.steps_alone(task.count).await,
                (_, at_once) => self.steps_together(task.count, at_once).await,
            }
        };
        time::timeout(PATIENCE, made).await.context("the engine does not get through")?
    }

    /// Lets go of the database.
    pub(crate) async fn close(&self) {
        self.db.close().await;
    }

    async fn transaction(&self, number: usize) -> Result<TenantTx> {
        Ok(self.db.tenant(self.tenants[number % TENANTS], "start_noop").await?)
    }

    async fn begin(
        &self,
        tx: &mut TenantTx,
        workflow: &'static str,
        number: usize,
    ) -> Result<JobId> {
        let tenant = self.tenants[number % TENANTS];
        let cx = Cx::of_service("bench", Some(tenant), &self.clock);
        let key = number.to_string();
        Ok(jobs::start(tx, &cx, workflow, 1, &key, &Input { number }).await?.id())
    }

    async fn start(&self, workflow: &'static str, number: usize) -> Result<JobId> {
        let mut tx = self.transaction(number).await?;
        let id = self.begin(&mut tx, workflow, number).await?;
        tx.commit().await?;
        Ok(id)
    }

    fn work(&self) -> Running {
        let noop = |name, steps| {
            Arc::new(Noop { name, steps, seen: Arc::clone(&self.seen) }) as Arc<dyn Workflow>
        };
        let workflows = vec![noop(ONE, &["only"]), noop(THREE, &["first", "second", "third"])];
        let limits = Limits { concurrency: CONCURRENCY, per_tenant: CONCURRENCY };
        let worker = Worker::new(self.db.clone(), self.clock.clone(), workflows, limits);
        let stop = CancellationToken::new();
        Running { task: tokio::spawn(worker.run(stop.clone())), stop }
    }

    async fn enqueue(&self, count: usize, producers: usize) -> Result<Answer> {
        let begun = Instant::now();
        let produce = |producer: usize| {
            let ours = self.clone();
            tokio::spawn(async move {
                for number in (producer..count).step_by(producers) {
                    ours.start(ONE, number).await?;
                }
                anyhow::Ok(())
            })
        };
        together((0..producers).map(produce)).await?;
        Ok(done(count, begun))
    }

    async fn drain(&self, count: usize) -> Result<Answer> {
        let begun = Instant::now();
        let running = self.work();
        self.settle(count).await?;
        let answer = done(count, begun);
        running.end().await?;
        Ok(answer)
    }

    async fn latency(&self, count: usize) -> Result<Answer> {
        let running = self.work();
        let mut sent = Vec::with_capacity(count);
        for number in 0..count {
            let due = time::Instant::now() + TEMPO;
            sent.push(Instant::now());
            self.start(ONE, number).await?;
            time::sleep_until(due).await;
        }
        self.settle(count).await?;
        running.end().await?;
        let starts = self.seen.starts();
        let millis = starts.iter().map(|(number, at)| millis(at.duration_since(sent[*number])));
        Ok(Answer { millis: millis.collect(), ..Answer::default() })
    }

    /// A run is over when its end can be read, as a caller of DBOS is told when it is written.
    async fn steps_alone(&self, count: usize) -> Result<Answer> {
        let running = self.work();
        let mut taken = Vec::with_capacity(count);
        for number in 0..count {
            let begun = Instant::now();
            let told = self.seen.end_of(number);
            let id = self.start(THREE, number).await?;
            told.await?;
            self.read_end(number, id).await?;
            taken.push(millis(begun.elapsed()));
        }
        running.end().await?;
        Ok(Answer { millis: taken, ..Answer::default() })
    }

    async fn steps_together(&self, count: usize, at_once: usize) -> Result<Answer> {
        let running = self.work();
        let begun = Instant::now();
        let one_after_another = |first: usize| {
            let ours = self.clone();
            tokio::spawn(async move {
                for number in (first..count).step_by(at_once) {
                    let told = ours.seen.end_of(number);
                    ours.start(THREE, number).await?;
                    told.await?;
                }
                anyhow::Ok(())
            })
        };
        together((0..at_once).map(one_after_another)).await?;
        self.settle(3 * count).await?;
        let answer = done(count, begun);
        running.end().await?;
        Ok(answer)
    }

    async fn read_end(&self, number: usize, id: JobId) -> Result<()> {
        loop {
            let mut tx = self.transaction(number).await?;
            let status = jobs::status(&mut tx, id).await?.context("the run is gone")?;
            tx.commit().await?;
            match status.state {
                JobState::Done => return Ok(()),
                JobState::Queued | JobState::Running => {}
                other => bail!("a run that does nothing is {other}"),
            }
        }
    }

    /// Waits until so many steps are made and every end is committed.
    async fn settle(&self, attempts: usize) -> Result<()> {
        while self.seen.attempts() < attempts {
            time::sleep(GLANCE).await;
        }
        while !jobs::idle(&self.db, self.clock.now()).await? {
            time::sleep(GLANCE).await;
        }
        Ok(())
    }
}

impl Running {
    async fn end(self) -> Result<()> {
        self.stop.cancel();
        Ok(self.task.await?)
    }
}

async fn together(tasks: impl Iterator<Item = JoinHandle<Result<()>>>) -> Result<()> {
    for ended in try_join_all(tasks).await? {
        ended?;
    }
    Ok(())
}

fn done(count: usize, begun: Instant) -> Answer {
    Answer { count, seconds: begun.elapsed().as_secs_f64(), ..Answer::default() }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
