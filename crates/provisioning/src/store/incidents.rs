//! Rows of `incidents`.

use kernel::{IncidentId, Timestamp};
use pg::PlatformTx;

use crate::domain::{Incident, Severity};

pub(crate) async fn insert_incident(tx: &mut PlatformTx, incident: &Incident) -> pg::Result<()> {
    sqlx::query!(
        "insert into incidents (incident_id, severity, title, opened_at, opened_by) values ($1, $2, $3, $4, $5)",
        incident.incident_id as _,
        incident.severity.as_str(),
        incident.title,
        incident.opened_at as _,
        incident.opened_by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn lock_incident(
    tx: &mut PlatformTx,
    id: IncidentId,
) -> pg::Result<Option<Incident>> {
    let incident = sqlx::query_as!(
        Incident,
        r#"select incident_id as "incident_id: _", severity as "severity: Severity", title,
                  opened_at as "opened_at: _", opened_by, closed_at as "closed_at: _", closed_by
           from incidents where incident_id = $1 for update"#,
        id as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(incident)
}

pub(crate) async fn close_incident(
    tx: &mut PlatformTx,
    id: IncidentId,
    closed_at: Timestamp,
    closed_by: &str,
) -> pg::Result<()> {
    sqlx::query!(
        "update incidents set closed_at = $2, closed_by = $3 where incident_id = $1",
        id as _,
        closed_at as _,
        closed_by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The incidents before `before`, newest first.
pub(crate) async fn list_incidents(
    tx: &mut PlatformTx,
    which: Which,
    before: Option<IncidentId>,
    limit: i64,
) -> pg::Result<Vec<Incident>> {
    let incidents = sqlx::query_as!(
        Incident,
        r#"select incident_id as "incident_id: _", severity as "severity: Severity", title,
                  opened_at as "opened_at: _", opened_by, closed_at as "closed_at: _", closed_by
           from incidents where (not $1 or closed_at is null) and ($2::uuid is null or incident_id < $2)
           order by incident_id desc limit $3"#,
        which == Which::Open,
        before as _,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(incidents)
}

/// Which incidents are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Any,
    Open,
}
