//! `usher.provisioning.v1.Jobs`.

use jobs::JobState;
use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    id, parse,
    provisioning::v1::{ListJobsRequest, ListJobsResponse, jobs_server::Jobs},
    refuse,
};

use super::{convert, given};
use crate::{App, ops};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl Jobs for Rpc {
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
            jobs: page.items.iter().map(convert::job).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }
}
