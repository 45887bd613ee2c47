//! Every fault at every step of a workflow, doing and undoing, once and twice: what any workflow must survive.
//!
//! A worker moves by hand, one attempt at a time, on a workflow whose steps are decorated with the faults of the case.
//! Pauses between attempts are left out, so that no time has to pass.

mod case;
mod decorated;

use std::{fmt, sync::Arc};

use jobs::{ByHand, JobState, JobStatus, Limits, StepState, Worker, Workflow};
use kernel::{Clock, JobId, TenantId};
use pg::Db;

pub use case::{Case, Fault, Way};
use decorated::{Decorated, Faults};

/// A workflow under every fault.
pub struct Sweep {
    db: Db,
    clock: Clock,
    workflow: Arc<dyn Workflow>,
    faults: Faults,
}

impl fmt::Debug for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweep").field("workflow", &self.workflow.name()).finish_non_exhaustive()
    }
}

impl Sweep {
    /// A sweep of a workflow over the service's own database; no other worker may be at work on it.
    #[must_use]
    pub fn of(db: &Db, clock: &Clock, workflow: Arc<dyn Workflow>) -> Self {
        Self { db: db.clone(), clock: clock.clone(), workflow, faults: Faults::default() }
    }

    /// Every case; the test begins a run for each.
    #[must_use]
    pub fn cases(&self) -> Vec<Case> {
        let steps = self.workflow.steps();
        let names: Vec<_> = steps.iter().map(|step| step.name()).collect();
        Case::all(&names)
    }

    /// Works on the runs until each has ended, and sees that the fault of its case was met and survived. Answers where
    /// they stand, in order; what that means to the domain and to the outside, the test sees to.
    pub async fn drive(&self, runs: &[(Case, TenantId, JobId)]) -> Vec<JobStatus> {
        for (case, _, job) in runs {
            self.faults.plan(*job, case.clone());
        }
        let mut worker = self.worker();
        loop {
            let moved = tokio::select! {
                biased;
                () = self.faults.death() => None,
                moved = worker.step() => Some(moved.expect("a run is taken")),
            };
            match moved {
                Some(true) => {}
                Some(false) => break,
                None => {
                    // Another process finds the lease run out.
                    worker = self.worker();
                    self.expire_leases().await;
                    worker.take_up().await.expect("runs are taken up");
                }
            }
        }
        let mut ended = Vec::new();
        for (case, tenant, job) in runs {
            let status = self.status(*tenant, *job).await;
            self.check(case, *job, &status);
            ended.push(status);
        }
        ended
    }

    fn worker(&self) -> ByHand {
        let decorated = Decorated::new(Arc::clone(&self.workflow), self.faults.clone());
        let limits = Limits { concurrency: 1, per_tenant: usize::MAX };
        Worker::new(self.db.clone(), self.clock.clone(), vec![Arc::new(decorated)], limits)
            .by_hand()
    }

    async fn status(&self, tenant: TenantId, job: JobId) -> JobStatus {
        let mut tx = self.db.tenant(tenant, "show_swept").await.expect("a transaction");
        let found = jobs::status(&mut tx, job).await.expect("a status").expect("a known run");
        tx.commit().await.expect("commits");
        found
    }

    async fn expire_leases(&self) {
        let mut tx = self.db.platform("expire_leases", "a worker died").await.expect("opens");
        sqlx::query("update job_leases set expires_at = now() - interval '1 s'")
            .execute(&mut *tx)
            .await
            .expect("leases run out");
        tx.commit().await.expect("commits");
    }

    /// What holds for any workflow.
    fn check(&self, case: &Case, job: JobId, status: &JobStatus) {
        assert_eq!(self.faults.met(job), case.times, "{case}: the fault was not met: {status:#?}");
        let (end, fits): (_, fn(StepState) -> bool) = match case.way {
            Way::Doing => {
                (JobState::Done, |state| matches!(state, StepState::Done | StepState::Skipped))
            }
            // What an undo keeps stands, or failed and stands: it says so itself.
            Way::Undoing => (JobState::Failed, |state| {
                !matches!(state, StepState::Running | StepState::Undoing | StepState::Stuck)
            }),
        };
        assert_eq!(status.state, end, "{case}: {status:#?}");
        assert!(status.steps.iter().all(|step| fits(step.state)), "{case}: {status:#?}");
    }
}
