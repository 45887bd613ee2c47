//! Durable jobs: one that waits, with hostile words in it.

use tonic::{Code, Request};
use wire::provisioning::v1::{
    AbandonJobRequest, CancelJobRequest, GetJobRequest, Job, JobIntervention, ListJobsRequest,
    ListJobsResponse, MarkStepUndoneRequest, PauseJobRequest, ResumeJobRequest, RetryJobRequest,
    SkipStepRequest, StepStatus, WatchJobRequest, jobs_server::Jobs,
};

use super::{Answer, Fake, refusal, unasked};
use crate::world::HOSTILE;

/// The only job there is.
pub(crate) const JOB: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0b01";

fn job() -> Job {
    let step = |name: &str, state: &str, attempts| StepStatus {
        name: name.into(),
        state: state.into(),
        attempts,
        message: if state == "waiting" { HOSTILE.into() } else { String::new() },
        ..StepStatus::default()
    };
    Job {
        job_id: JOB.into(),
        workflow: "provision_client".into(),
        state: "waiting".into(),
        key: HOSTILE.into(),
        steps: vec![
            step("register_workspace", "done", 1),
            step("add_token", "waiting", 4),
            step("verify", "pending", 0),
        ],
        interventions: vec![JobIntervention {
            verb: "skip_step".into(),
            step: "register_workspace".into(),
            reason: HOSTILE.into(),
            actor: "user:somebody".into(),
            ..JobIntervention::default()
        }],
        ..Job::default()
    }
}

impl Fake {
    /// Notes what was asked for, as the page asked for it.
    fn asked(&self, what: String) -> Answer<Job> {
        self.0.operated.lock().expect("operated").push(what);
        Ok(job().into())
    }
}

#[tonic::async_trait]
impl Jobs for Fake {
    type WatchJobStream = tonic::Streaming<Job>;

    async fn list_jobs(&self, request: Request<ListJobsRequest>) -> Answer<ListJobsResponse> {
        let state = request.into_inner().state;
        let jobs = [job()].into_iter().filter(|job| state.is_empty() || job.state == state);
        Ok(ListJobsResponse { jobs: jobs.collect(), next_page_token: String::new() }.into())
    }

    async fn get_job(&self, request: Request<GetJobRequest>) -> Answer<Job> {
        if request.get_ref().job_id != JOB {
            return Err(refusal(Code::NotFound, "job_not_found", "There is no such job."));
        }
        Ok(job().into())
    }

    async fn watch_job(&self, _: Request<WatchJobRequest>) -> Answer<Self::WatchJobStream> {
        unasked()
    }

    async fn retry_job(&self, request: Request<RetryJobRequest>) -> Answer<Job> {
        self.asked(format!("retry {}", request.get_ref().step))
    }

    async fn cancel_job(&self, _: Request<CancelJobRequest>) -> Answer<Job> {
        self.asked("cancel".into())
    }

    async fn pause_job(&self, request: Request<PauseJobRequest>) -> Answer<Job> {
        self.asked(format!("pause {}", request.get_ref().reason))
    }

    async fn resume_job(&self, _: Request<ResumeJobRequest>) -> Answer<Job> {
        self.asked("resume".into())
    }

    async fn skip_step(&self, request: Request<SkipStepRequest>) -> Answer<Job> {
        let asked = request.into_inner();
        self.asked(format!("skip {} {}", asked.step, asked.reason))
    }

    async fn mark_step_undone(&self, request: Request<MarkStepUndoneRequest>) -> Answer<Job> {
        let asked = request.into_inner();
        self.asked(format!("undone {} {}", asked.step, asked.reason))
    }

    async fn abandon_job(&self, request: Request<AbandonJobRequest>) -> Answer<Job> {
        self.asked(format!("abandon {}", request.get_ref().reason))
    }
}
