//! The engine of durable jobs as a service uses it, in this process: runs that do nothing, and a worker on them.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use jobs::{JobState, Limits, Worker, Workflow};
use kernel::{Clock, Cx, JobId, TenantId};
use pg::{Access, Db, TenantTx};
use tokio::{task::JoinHandle, time};
use tokio_util::sync::CancellationToken;

use crate::{
    noop::{Input, Noop, Seen},
    relay::SERVICE,
};

/// One step: a plain job.
pub(crate) const ONE: &str = "one_step";
/// Three steps, as DBOS makes them.
pub(crate) const THREE: &str = "three_steps";

/// Starts in one transaction while a queue is filled.
const TOGETHER: usize = 500;

const GLANCE: Duration = Duration::from_millis(5);

/// How long anything may take before the measurement is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// A service's engine. Runs are told apart by number, and belong to the tenants in turn.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) db: Db,
    pub(crate) seen: Arc<Seen>,
    clock: Clock,
    tenants: Arc<[TenantId]>,
}

/// A worker that is under way.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Engine {
    /// An engine with so many tenants.
    ///
    /// # Errors
    /// The address is none.
    pub(crate) fn open(access: &Access, tenants: usize) -> Result<Self> {
        let clock = Clock::system();
        let tenants: Arc<[TenantId]> = (0..tenants).map(|_| clock.new_id()).collect();
        Ok(Self { db: Db::connect(access, SERVICE)?, seen: Arc::default(), clock, tenants })
    }

    /// A transaction of the tenant of this run.
    ///
    /// # Errors
    /// The database refuses.
    pub(crate) async fn transaction(&self, number: usize) -> Result<TenantTx> {
        Ok(self.db.tenant(self.tenant(number), "start_noop").await?)
    }

    /// Starts a run in a transaction of its own.
    ///
    /// # Errors
    /// The database refuses.
    pub(crate) async fn start(&self, workflow: &'static str, number: usize) -> Result<JobId> {
        let mut tx = self.transaction(number).await?;
        let id = self.begin(&mut tx, workflow, number).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Leaves these runs waiting.
    ///
    /// # Errors
    /// The database refuses.
    pub(crate) async fn fill(&self, workflow: &'static str, runs: Range<usize>) -> Result<()> {
        for tenant in runs.clone().take(self.tenants.len()) {
            let numbers: Vec<usize> = (tenant..runs.end).step_by(self.tenants.len()).collect();
            for together in numbers.chunks(TOGETHER) {
                let mut tx = self.transaction(tenant).await?;
                for number in together {
                    self.begin(&mut tx, workflow, *number).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// A worker with so many places, for any one tenant as well, until it is ended.
    pub(crate) fn work(&self, concurrency: usize) -> Running {
        let noop = |name, steps| {
            Arc::new(Noop { name, steps, seen: Arc::clone(&self.seen) }) as Arc<dyn Workflow>
        };
        let workflows = vec![noop(ONE, &["only"]), noop(THREE, &["first", "second", "third"])];
        let limits = Limits { concurrency, per_tenant: concurrency };
        let worker = Worker::new(self.db.clone(), self.clock.clone(), workflows, limits);
        let stop = CancellationToken::new();
        Running { task: tokio::spawn(worker.run(stop.clone())), stop }
    }

    /// How long a fresh worker takes for so many steps that wait.
    ///
    /// # Errors
    /// The database refuses, or the worker does not get through.
    pub(crate) async fn drain(&self, steps: usize, concurrency: usize) -> Result<Duration> {
        let goal = self.seen.attempts() + steps;
        let begun = Instant::now();
        let running = self.work(concurrency);
        self.settle(goal).await?;
        let taken = begun.elapsed();
        running.end().await?;
        Ok(taken)
    }

    /// Starts a run and waits until its end can be read, as a caller of DBOS is told when it is written; answers when
    /// the start was committed.
    ///
    /// # Errors
    /// The database refuses, or the run does not end well.
    pub(crate) async fn run_through(
        &self,
        workflow: &'static str,
        number: usize,
    ) -> Result<Instant> {
        let told = self.seen.end_of(number);
        let id = self.start(workflow, number).await?;
        let committed = Instant::now();
        time::timeout(PATIENCE, told).await??;
        self.read_end(number, id).await?;
        Ok(committed)
    }

    /// Waits until so many steps were made since the beginning, and every end is committed.
    ///
    /// # Errors
    /// The database refuses, or it takes too long.
    pub(crate) async fn settle(&self, steps: usize) -> Result<()> {
        let begun = Instant::now();
        while self.seen.attempts() < steps || !jobs::idle(&self.db, self.clock.now()).await? {
            ensure!(begun.elapsed() < PATIENCE, "the queue does not get empty");
            time::sleep(GLANCE).await;
        }
        Ok(())
    }

    async fn begin(
        &self,
        tx: &mut TenantTx,
        workflow: &'static str,
        number: usize,
    ) -> Result<JobId> {
        let cx = Cx::of_service("bench", Some(self.tenant(number)), &self.clock);
        let key = number.to_string();
        Ok(jobs::start(tx, &cx, workflow, 1, &key, &Input { number }).await?.id())
    }

    async fn read_end(&self, number: usize, id: JobId) -> Result<()> {
        loop {
            let mut tx = self.transaction(number).await?;
            let status = jobs::status(&mut tx, id).await?;
            tx.commit().await?;
            match status.map(|status| status.state) {
                Some(JobState::Done) => return Ok(()),
                Some(JobState::Queued | JobState::Running) => {}
                other => bail!("a run that does nothing is {other:?}"),
            }
        }
    }

    fn tenant(&self, number: usize) -> TenantId {
        self.tenants[number % self.tenants.len()]
    }
}

impl Running {
    /// Lets it end.
    ///
    /// # Errors
    /// It died.
    pub(crate) async fn end(self) -> Result<()> {
        self.stop.cancel();
        Ok(self.task.await?)
    }
}
