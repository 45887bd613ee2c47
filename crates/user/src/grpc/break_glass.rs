//! `usher.user.v1.BreakGlass`.

use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, timestamp,
    user::v1::{
        CloseGlassRequest, GlassOpening, ListGlassOpeningsRequest, ListGlassOpeningsResponse,
        OpenGlassRequest, break_glass_server::BreakGlass,
    },
};

use super::{role_bindings::uuid, tenant};
use crate::{
    App,
    domain::{self, glass_reason, glass_time},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl BreakGlass for Rpc {
    async fn open_glass(
        &self,
        request: Request<OpenGlassRequest>,
    ) -> Result<Response<GlassOpening>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::OpenGlass {
            reason: parse("reason", &request.reason, glass_reason)?,
            time: parse("minutes", "", |_| glass_time(request.minutes))?,
        };
        let opened = ops::open_glass(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new((&opened.map_err(refuse)?).into()))
    }

    async fn list_glass_openings(
        &self,
        request: Request<ListGlassOpeningsRequest>,
    ) -> Result<Response<ListGlassOpeningsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let before = Some(request.page_token).filter(|token| !token.is_empty());
        let before = before.map(|token| uuid("pageToken", &token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_glass(&self.0, tenant, size, before).await.map_err(refuse)?;
        Ok(Response::new(ListGlassOpeningsResponse {
            openings: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn close_glass(
        &self,
        request: Request<CloseGlassRequest>,
    ) -> Result<Response<GlassOpening>, Status> {
        let cx = wire::cx(&request)?;
        let opening_id = uuid("openingId", &request.get_ref().opening_id)?;
        let closed = ops::close_glass(&self.0, &cx, tenant(&cx)?, opening_id).await;
        Ok(Response::new((&closed.map_err(refuse)?).into()))
    }
}

impl From<&domain::GlassOpening> for GlassOpening {
    fn from(opening: &domain::GlassOpening) -> Self {
        Self {
            opening_id: opening.opening_id.to_string(),
            user_id: opening.user_id.to_string(),
            reason: opening.reason.clone(),
            opened_at: Some(timestamp(opening.opened_at)),
            expires_at: Some(timestamp(opening.expires_at)),
            closed_at: opening.closed_at.map(timestamp),
            closed_by: opening.closed_by.clone().unwrap_or_default(),
        }
    }
}
