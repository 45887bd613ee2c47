//! Opens an incident.

use kernel::{Cx, IncidentId};
use wire::provisioning::v1::IncidentOpened;

use super::get_rollout::begin;
use crate::{
    App, Result,
    domain::{Incident, Note, Severity},
    store,
};

/// Opens it; a critical one shuts the gate of the rollout from now on.
pub(crate) async fn open_incident(
    app: &App,
    cx: &Cx,
    severity: Severity,
    title: Note,
) -> Result<Incident> {
    let incident = Incident {
        incident_id: app.clock.new_id::<IncidentId>(),
        severity,
        title: title.as_str().to_owned(),
        opened_at: app.clock.now(),
        opened_by: cx.actor.label(),
        closed_at: None,
        closed_by: String::new(),
    };
    let mut tx = begin(app, "open_incident").await?;
    // A promotion under way has read the incidents already: it comes first, or sees this one.
    store::lock_rollout(&mut tx).await?;
    store::insert_incident(&mut tx, &incident).await?;
    let id = incident.incident_id;
    bus::audit(&mut tx, cx, "incident.open", &format!("incident:{id}")).await?;
    let fact = IncidentOpened {
        incident_id: id.to_string(),
        severity: severity.to_string(),
        title: incident.title.clone(),
    };
    bus::emit(&mut tx, cx, id.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(incident)
}
