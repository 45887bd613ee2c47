//! `usher.activity.v1.Feed`.

use futures::{StreamExt, stream::BoxStream};
use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    activity::v1::{
        Fact, ListActivityRequest, ListActivityResponse, TailFactsRequest, feed_server::Feed,
    },
    id, parse, refuse, required,
};

use super::convert;
use crate::{App, domain::Kinds, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Feed for Rpc {
    type TailFactsStream = BoxStream<'static, Result<Fact, Status>>;

    async fn list_activity(
        &self,
        request: Request<ListActivityRequest>,
    ) -> Result<Response<ListActivityResponse>, Status> {
        let tenant_id = required("tenant", wire::cx(&request)?.tenant)?;
        let request = request.into_inner();
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| id("pageToken", &token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_activity(&self.0, tenant_id, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListActivityResponse {
            items: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn tail_facts(
        &self,
        request: Request<TailFactsRequest>,
    ) -> Result<Response<Self::TailFactsStream>, Status> {
        let tenant = wire::cx(&request)?.tenant;
        let request = request.into_inner();
        let kinds = parse("subject", &request.subject, Kinds::parse)?;
        let since = if request.replay { ops::Since::Oldest } else { ops::Since::Now };
        let facts = ops::tail_facts(&self.0, tenant, &kinds, since).await.map_err(refuse)?;
        Ok(Response::new(facts.map(|fact| Ok(convert::fact(&fact))).boxed()))
    }
}
