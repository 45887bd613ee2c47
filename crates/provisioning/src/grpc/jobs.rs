//! `usher.provisioning.v1.Jobs`.

use std::mem::take;

use futures::{StreamExt, stream::BoxStream};
use jobs::JobState;
use kernel::{Cx, PageSize};
use prost::Message;
use tonic::{Request, Response, Status};
use wire::{
    id, parse,
    provisioning::v1::{
        AbandonJobRequest, CancelJobRequest, GetJobRequest, Job, ListJobsRequest, ListJobsResponse,
        MarkStepUndoneRequest, PauseJobRequest, ResumeJobRequest, RetryJobRequest, SkipStepRequest,
        WatchJobRequest, jobs_server::Jobs,
    },
    refuse, repeatable,
};

use super::{given, job_convert};
use crate::{
    App,
    domain::Reason,
    ops::{self, JobChange, OperateJob},
};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

impl Rpc {
    /// What all verbs have in common. `request` is without its key.
    async fn operate(
        &self,
        cx: Cx,
        key: &str,
        request: &impl Message,
        job_id: &str,
        change: JobChange,
    ) -> Result<Response<Job>, Status> {
        let (cx, fingerprint) = repeatable(cx, key, request)?;
        let job_id = id("job_id", job_id)?;
        let command = OperateJob { job_id, change, fingerprint };
        let view = ops::operate_job(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new((&view).into()))
    }
}

/// Why; the engine refuses an empty one.
fn reason(text: &str) -> Result<Reason, Status> {
    parse("reason", text, Reason::parse)
}

#[tonic::async_trait]
impl Jobs for Rpc {
    type WatchJobStream = BoxStream<'static, Result<Job, Status>>;

    async fn list_jobs(
        &self,
        request: Request<ListJobsRequest>,
    ) -> Result<Response<ListJobsResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let state = given(&request.state)
            .map(|text| {
                parse("state", text, |word| JobState::parse(word).ok_or("is not a job's state"))
            })
            .transpose()?;
        let before = given(&request.page_token).map(|token| id("page_token", token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_jobs(&self.0, &cx, state, size, before).await.map_err(refuse)?;
        Ok(Response::new(ListJobsResponse {
            jobs: page.items.iter().map(job_convert::job).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_job(&self, request: Request<GetJobRequest>) -> Result<Response<Job>, Status> {
        let cx = wire::cx(&request)?;
        let job_id = id("job_id", &request.get_ref().job_id)?;
        let view = ops::get_job(&self.0, &cx, job_id).await.map_err(refuse)?;
        Ok(Response::new((&view).into()))
    }

    async fn watch_job(
        &self,
        request: Request<WatchJobRequest>,
    ) -> Result<Response<Self::WatchJobStream>, Status> {
        let cx = wire::cx(&request)?;
        let job_id = id("job_id", &request.get_ref().job_id)?;
        let views = ops::watch_job(&self.0, &cx, job_id).await.map_err(refuse)?;
        let jobs = views.map(|view| match view {
            Ok(view) => Ok((&view).into()),
            Err(problem) => Err(refuse(problem)),
        });
        Ok(Response::new(jobs.boxed()))
    }

    async fn retry_job(&self, request: Request<RetryJobRequest>) -> Result<Response<Job>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let change = JobChange::Retry(given(&request.step).map(Into::into));
        self.operate(cx, &key, &request, &request.job_id, change).await
    }

    async fn cancel_job(
        &self,
        request: Request<CancelJobRequest>,
    ) -> Result<Response<Job>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let change = JobChange::Cancel;
        self.operate(cx, &key, &request, &request.job_id, change).await
    }

    async fn pause_job(&self, request: Request<PauseJobRequest>) -> Result<Response<Job>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let change = JobChange::Pause(reason(&request.reason)?);
        self.operate(cx, &key, &request, &request.job_id, change).await
    }

    async fn resume_job(
        &self,
        request: Request<ResumeJobRequest>,
    ) -> Result<Response<Job>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let change = JobChange::Resume;
        self.operate(cx, &key, &request, &request.job_id, change).await
    }

    async fn skip_step(&self, request: Request<SkipStepRequest>) -> Result<Response<Job>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let change = JobChange::SkipStep(request.step.clone(), reason(&request.reason)?);
        self.operate(cx, &key, &request, &request.job_id, change).await
    }

    async fn mark_step_undone(
        &self,
        request: Request<MarkStepUndoneRequest>,
    ) -> Result<Response<Job>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let change = JobChange::MarkUndone(request.step.clone(), reason(&request.reason)?);
        self.operate(cx, &key, &request, &request.job_id, change).await
    }

    async fn abandon_job(
        &self,
        request: Request<AbandonJobRequest>,
    ) -> Result<Response<Job>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let change = JobChange::Abandon(reason(&request.reason)?);
        self.operate(cx, &key, &request, &request.job_id, change).await
    }
}
