//! `usher.provisioning.v1.Troubles`.

use kernel::PageSize;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::{
    id, parse,
    provisioning::v1::{
        ClaimTroubleRequest, ListTroublesRequest, ListTroublesResponse, NoteTroubleRequest,
        ReleaseTroubleRequest, ResolveTroubleRequest, Trouble, troubles_server::Troubles,
    },
    refuse,
};

use super::given;
use crate::{
    App,
    domain::{Remark, TroubleKind, TroubleState},
    ops,
};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl Troubles for Rpc {
    async fn list_troubles(
        &self,
        request: Request<ListTroublesRequest>,
    ) -> Result<Response<ListTroublesResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let state = parse("state", given(&request.state).unwrap_or("open"), |word| {
            TroubleState::parse(word).ok_or("is neither open nor resolved")
        })?;
        let kind = given(&request.kind)
            .map(|text| parse("kind", text, |word| TroubleKind::parse(word).ok_or("is not a kind")))
            .transpose()?;
        let after =
            given(&request.page_token).map(|text| parse("page_token", text, Uuid::try_parse));
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_troubles(&self.0, &cx, state, kind, size, after.transpose()?).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListTroublesResponse {
            troubles: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn claim_trouble(
        &self,
        request: Request<ClaimTroubleRequest>,
    ) -> Result<Response<Trouble>, Status> {
        let cx = wire::cx(&request)?;
        let client_id = id("client_id", &request.get_ref().client_id)?;
        let trouble = ops::claim_trouble(&self.0, &cx, client_id).await.map_err(refuse)?;
        Ok(Response::new((&trouble).into()))
    }

    async fn release_trouble(
        &self,
        request: Request<ReleaseTroubleRequest>,
    ) -> Result<Response<Trouble>, Status> {
        let cx = wire::cx(&request)?;
        let client_id = id("client_id", &request.get_ref().client_id)?;
        let trouble = ops::release_trouble(&self.0, &cx, client_id).await.map_err(refuse)?;
        Ok(Response::new((&trouble).into()))
    }

    async fn note_trouble(
        &self,
        request: Request<NoteTroubleRequest>,
    ) -> Result<Response<Trouble>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let client_id = id("client_id", &request.client_id)?;
        let note = parse("note", &request.note, Remark::parse)?;
        let trouble = ops::note_trouble(&self.0, &cx, client_id, note).await.map_err(refuse)?;
        Ok(Response::new((&trouble).into()))
    }

    async fn resolve_trouble(
        &self,
        request: Request<ResolveTroubleRequest>,
    ) -> Result<Response<Trouble>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let client_id = id("client_id", &request.client_id)?;
        let note = parse("note", &request.note, Remark::parse)?;
        let trouble = ops::resolve_trouble(&self.0, &cx, client_id, note).await.map_err(refuse)?;
        Ok(Response::new((&trouble).into()))
    }
}
