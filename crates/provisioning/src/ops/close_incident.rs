//! Closes an incident.

use kernel::{Cx, IncidentId};
use wire::provisioning::v1::IncidentClosed;

use super::get_rollout::begin;
use crate::{App, Error, Result, domain::Incident, store};

/// Closes it; closed before, it stays as it is.
pub(crate) async fn close_incident(app: &App, cx: &Cx, id: IncidentId) -> Result<Incident> {
    let mut tx = begin(app, "close_incident").await?;
    let incident = store::lock_incident(&mut tx, id).await?.ok_or(Error::IncidentNotFound)?;
    if incident.closed_at.is_some() {
        return Ok(incident);
    }
    let (closed_at, closed_by) = (app.clock.now(), cx.actor.label());
    store::close_incident(&mut tx, id, closed_at, &closed_by).await?;
    bus::audit(&mut tx, cx, "incident.close", &format!("incident:{id}")).await?;
    bus::emit(&mut tx, cx, id.uuid(), &IncidentClosed { incident_id: id.to_string() }).await?;
    tx.commit().await?;
    Ok(Incident { closed_at: Some(closed_at), closed_by, ..incident })
}
