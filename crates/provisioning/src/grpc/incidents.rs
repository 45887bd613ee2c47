//! `usher.provisioning.v1.Incidents`.

use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    id, parse,
    provisioning::v1::{
        CloseIncidentRequest, Incident, ListIncidentsRequest, ListIncidentsResponse,
        OpenIncidentRequest, incidents_server::Incidents,
    },
    refuse,
};

use super::{given, rollouts::note};
use crate::{App, domain::Severity, ops, store::Which};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl Incidents for Rpc {
    async fn open_incident(
        &self,
        request: Request<OpenIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let severity = parse("severity", &request.severity, |word| {
            Severity::parse(word).ok_or("must be minor, major or critical")
        })?;
        let title = note("title", &request.title)?;
        let incident = ops::open_incident(&self.0, &cx, severity, title).await.map_err(refuse)?;
        Ok(Response::new((&incident).into()))
    }

    async fn close_incident(
        &self,
        request: Request<CloseIncidentRequest>,
    ) -> Result<Response<Incident>, Status> {
        let cx = wire::cx(&request)?;
        let incident_id = id("incident_id", &request.get_ref().incident_id)?;
        let incident = ops::close_incident(&self.0, &cx, incident_id).await.map_err(refuse)?;
        Ok(Response::new((&incident).into()))
    }

    async fn list_incidents(
        &self,
        request: Request<ListIncidentsRequest>,
    ) -> Result<Response<ListIncidentsResponse>, Status> {
        let request = request.into_inner();
        let which = if request.open { Which::Open } else { Which::Any };
        let before = given(&request.page_token).map(|token| id("page_token", token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_incidents(&self.0, which, size, before).await.map_err(refuse)?;
        Ok(Response::new(ListIncidentsResponse {
            incidents: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }
}
