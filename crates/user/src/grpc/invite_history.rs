//! `usher.user.v1.InviteHistory`.

use tonic::{Request, Response, Status};
use wire::{
    id, refuse, timestamp,
    user::v1::{
        InviteEvent, ListInviteEventsRequest, ListInviteEventsResponse,
        invite_history_server::InviteHistory,
    },
};

use super::tenant;
use crate::{App, domain, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl InviteHistory for Rpc {
    async fn list_invite_events(
        &self,
        request: Request<ListInviteEventsRequest>,
    ) -> Result<Response<ListInviteEventsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let invite_id = id("inviteId", &request.get_ref().invite_id)?;
        let events = ops::list_invite_events(&self.0, tenant, invite_id).await.map_err(refuse)?;
        let events = events.into_iter().map(InviteEvent::from).collect();
        Ok(Response::new(ListInviteEventsResponse { events }))
    }
}

impl From<domain::InviteEvent> for InviteEvent {
    fn from(event: domain::InviteEvent) -> Self {
        Self {
            at: Some(timestamp(event.at)),
            kind: event.kind.to_string(),
            sends: event.sends,
            actor: event.actor,
            detail: event.detail,
        }
    }
}
