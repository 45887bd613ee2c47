//! `usher.events.v1.Events`.

use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    events::v1::{
        CreateEventRequest, Event, GetEventRequest, ListEventsRequest, ListEventsResponse,
        events_server::Events,
    },
    id, instant, parse, refuse, required,
};

use crate::{
    App,
    domain::{Description, Location, Span, Title},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Events for Rpc {
    async fn create_event(
        &self,
        request: Request<CreateEventRequest>,
    ) -> Result<Response<Event>, Status> {
        let cx = wire::cx(&request)?;
        let tenant_id = required("tenant", cx.tenant)?;
        let request = request.into_inner();
        let starts_at = required("startsAt", instant(request.starts_at.as_ref()))?;
        let ends_at = required("endsAt", instant(request.ends_at.as_ref()))?;
        let command = ops::CreateEvent {
            title: parse("title", &request.title, Title::parse)?,
            description: parse("description", &request.description, Description::parse_lines)?,
            span: Span::try_new(starts_at, ends_at).map_err(refuse)?,
            location: parse("location", &request.location, Location::parse)?,
        };
        let event = ops::create_event(&self.0, &cx, tenant_id, command).await.map_err(refuse)?;
        Ok(Response::new((&event).into()))
    }

    async fn get_event(
        &self,
        request: Request<GetEventRequest>,
    ) -> Result<Response<Event>, Status> {
        let tenant_id = required("tenant", wire::cx(&request)?.tenant)?;
        let event_id = id("eventId", &request.get_ref().event_id)?;
        let event = ops::get_event(&self.0, tenant_id, event_id).await.map_err(refuse)?;
        Ok(Response::new((&event).into()))
    }

    async fn list_events(
        &self,
        request: Request<ListEventsRequest>,
    ) -> Result<Response<ListEventsResponse>, Status> {
        let tenant_id = required("tenant", wire::cx(&request)?.tenant)?;
        let request = request.into_inner();
        let overlap =
            ops::Overlap { from: instant(request.from.as_ref()), to: instant(request.to.as_ref()) };
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| id("pageToken", &token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page =
            ops::list_events(&self.0, tenant_id, overlap, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListEventsResponse {
            events: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }
}
