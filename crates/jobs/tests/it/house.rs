//! A database of its own per test, workers on it, and waiting for conditions.

use std::{sync::Arc, time::Duration};

use jobs::{ByHand, JobState, JobStatus, Limits, Pace, Started, Worker, Workflow};
use kernel::{Clock, Cx, JobId, TenantId};
use pg::Db;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use testkit::Database;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::world::World;

/// The name of the sample workflow.
pub(crate) const SAMPLE: &str = "sample";

/// A database, the outside world of the sample workflow, and one tenant.
pub(crate) struct House {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) world: World,
    pub(crate) tenant: TenantId,
    database: Database,
}

/// A worker that runs until it is stopped; dropping it is a kill.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn spawn(worker: Worker) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(worker.run(stop.clone())), stop }
    }

    /// Lets it drain, and says whether it ended in good order.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.expect("the worker ends in good order");
    }

    pub(crate) fn ask_to_stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where the sample's domain keeps its notes.
const MARKS: &str = "create table usher_user.marks (
        tenant_id uuid not null default usher.current_tenant(),
        job_id uuid not null, step text not null, note text not null
    );
    call usher.protect_tenant_table('usher_user.marks')";

/// The database as another process would have it: nothing is shared in memory.
fn connect(database: &Database) -> Db {
    Db::connect(&database.access_with(12), "user").expect("a readable address")
}

async fn run(conn: &mut PgConnection, sql: &str) {
    conn.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.expect("the statement runs");
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_at(Clock::system()).await
    }

    pub(crate) async fn open_at(clock: Clock) -> Self {
        let database = Database::new().await;
        run(&mut database.admin().await, MARKS).await;
        Self {
            db: connect(&database),
            clock,
            world: World::default(),
            tenant: testkit::tenant(),
            database,
        }
    }

    /// Another pool, as another process would have.
    pub(crate) fn other_process(&self) -> Db {
        connect(&self.database)
    }

    /// Runs a statement as the database's owner.
    pub(crate) async fn as_admin(&self, sql: &str) {
        let mut admin = self.admin().await;
        admin
            .execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
            .await
            .expect("the statement runs");
    }

    /// The answer to a query for one text, asked by the database's owner; empty for none.
    pub(crate) async fn text(&self, query: &'static str) -> String {
        let mut admin = self.admin().await;
        let asked = sqlx::query_scalar::<_, Option<String>>(query).fetch_optional(&mut admin).await;
        asked.expect("asks").flatten().unwrap_or_default()
    }

    pub(crate) async fn admin(&self) -> PgConnection {
        self.database.admin().await
    }

    /// A worker of another process on the sample workflow.
    pub(crate) fn worker(&self, limits: Limits, pace: Pace) -> Running {
        self.worker_on(self.other_process(), limits, pace)
    }

    /// A worker of another process on the sample workflow, changed by `change`.
    pub(crate) fn worker_with(&self, change: impl FnOnce(Worker) -> Worker) -> Running {
        let worker = self.make_worker(self.other_process(), Limits::default(), quick());
        Running::spawn(change(worker))
    }

    /// A worker on the sample workflow.
    pub(crate) fn worker_on(&self, db: Db, limits: Limits, pace: Pace) -> Running {
        Running::spawn(self.make_worker(db, limits, pace))
    }

    /// A worker of another process that moves only when told.
    pub(crate) fn by_hand(&self, pace: Pace) -> ByHand {
        self.make_worker(self.other_process(), Limits::default(), pace).by_hand()
    }

    fn make_worker(&self, db: Db, limits: Limits, pace: Pace) -> Worker {
        let workflows: Vec<Arc<dyn Workflow>> = vec![Arc::new(self.world.workflow())];
        Worker::new(db, self.clock.clone(), workflows, limits).with_pace(pace)
    }

    pub(crate) fn cx(&self) -> Cx {
        Cx::of_service("test", Some(self.tenant), &self.clock)
    }

    pub(crate) async fn start(&self, key: &str) -> JobId {
        self.start_for(self.tenant, key).await
    }

    pub(crate) async fn start_for(&self, tenant: TenantId, key: &str) -> JobId {
        let mut tx = self.db.tenant(tenant, "start_sample").await.expect("a transaction");
        let started =
            jobs::start(&mut tx, &self.cx(), SAMPLE, 1, key, &serde_json::json!({"key": key}))
                .await
                .expect("the run starts");
        tx.commit().await.expect("the start commits");
        let (Started::New(id) | Started::Existing(id)) = started;
        id
    }

    /// Starts a run of another workflow; its key is its name.
    pub(crate) async fn start_of(&self, workflow: &'static str, version: u32) -> JobId {
        let mut tx = self.db.tenant(self.tenant, "start_shape").await.expect("a transaction");
        let input = serde_json::json!({"n": 1});
        let started = jobs::start(&mut tx, &self.cx(), workflow, version, workflow, &input).await;
        tx.commit().await.expect("the start commits");
        started.expect("the run starts").id()
    }

    pub(crate) async fn status_of(&self, id: JobId) -> JobStatus {
        let mut tx = self.db.tenant(self.tenant, "show_sample").await.expect("a transaction");
        let found = jobs::status(&mut tx, id).await.expect("a status").expect("a known job");
        tx.commit().await.expect("commits");
        found
    }

    /// Waits until a run is in a state.
    pub(crate) async fn reach_of(&self, id: JobId, state: JobState) -> JobStatus {
        self.see(id, state.as_str(), |status| status.state == state).await
    }

    /// Waits until a run looks as wanted.
    pub(crate) async fn see(
        &self,
        id: JobId,
        what: &str,
        wanted: impl Fn(&JobStatus) -> bool,
    ) -> JobStatus {
        let limit = tokio::time::Instant::now() + testkit::PATIENCE;
        loop {
            let status = self.status_of(id).await;
            if wanted(&status) {
                return status;
            }
            assert!(tokio::time::Instant::now() < limit, "not {what} but {status:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Does something to a run as a person would, and commits it unless it is refused.
    pub(crate) async fn operate<T>(
        &self,
        verb: impl AsyncFnOnce(&mut pg::TenantTx, &Cx) -> jobs::Result<T>,
    ) -> jobs::Result<T> {
        let mut tx = self.db.tenant(self.tenant, "operate_sample").await.expect("a transaction");
        let done = verb(&mut tx, &self.cx()).await?;
        tx.commit().await.expect("commits");
        Ok(done)
    }

    pub(crate) async fn status(&self, key: &str) -> JobStatus {
        let mut tx = self.db.tenant(self.tenant, "show_sample").await.expect("a transaction");
        let found =
            jobs::by_key(&mut tx, SAMPLE, key).await.expect("a status").expect("a known key");
        tx.commit().await.expect("commits");
        found
    }

    /// Waits until the run of a key is in a state.
    pub(crate) async fn reach(&self, key: &str, state: JobState) -> JobStatus {
        let limit = tokio::time::Instant::now() + testkit::PATIENCE;
        loop {
            let status = self.status(key).await;
            if status.state == state {
                return status;
            }
            assert!(tokio::time::Instant::now() < limit, "{key} is not {state} but {status:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until nothing is ready or under way.
    pub(crate) async fn settle(&self) {
        wait_for("nothing is left to do", async || {
            jobs::idle(&self.db, self.clock.now()).await.expect("an answer")
        })
        .await;
    }

    /// Lets every lease of a run run out, as if its worker had been silent for too long.
    pub(crate) async fn expire_leases(&self) {
        self.as_admin("update usher_user.job_leases set expires_at = now() - interval '1 s'").await;
    }

    /// The domain's notes of a run in order of text: what was recorded, and which hooks were called.
    pub(crate) async fn marks(&self, job: JobId) -> Vec<String> {
        sqlx::query_scalar(
            "select step || ':' || note from usher_user.marks where job_id = $1 order by 1",
        )
        .bind(job)
        .fetch_all(&mut self.admin().await)
        .await
        .expect("the notes")
    }
}

/// Waits for a condition, and fails with its name.
pub(crate) async fn wait_for(what: &str, mut met: impl AsyncFnMut() -> bool) {
    let limit = tokio::time::Instant::now() + testkit::PATIENCE;
    while !met().await {
        assert!(tokio::time::Instant::now() < limit, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Sweeps often; renews so seldom that a lease expired by hand stays expired.
pub(crate) fn quick() -> Pace {
    Pace {
        sweep: Duration::from_millis(50),
        poll_max: Duration::from_millis(100),
        ..Pace::default()
    }
}
