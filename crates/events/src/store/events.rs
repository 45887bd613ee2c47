//! Rows of `community_events`.

use kernel::{EventId, TenantId, Timestamp};
use pg::TenantTx;

use crate::domain::Event;

pub(crate) async fn insert_event(
    tx: &mut TenantTx,
    tenant_id: TenantId,
    event: &Event,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "insert into community_events (tenant_id, event_id, title, description, starts_at, ends_at, location,
                                       created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant_id as _,
        event.event_id as _,
        event.title.as_str(),
        event.description.as_str(),
        event.starts_at as _,
        event.ends_at as _,
        event.location.as_str(),
        event.created_by as _,
        event.created_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn event(
    tx: &mut TenantTx,
    event_id: EventId,
) -> Result<Option<Event>, pg::Error> {
    let row = sqlx::query_as!(
        Event,
        r#"select event_id as "event_id: _", title, description,
                  starts_at as "starts_at: _", ends_at as "ends_at: _", location,
                  created_by as "created_by: _", created_at as "created_at: _"
           from community_events where tenant_id = usher.current_tenant() and event_id = $1"#,
        event_id as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The events that touch the span, soonest first. Nothing follows an event that is not the tenant's.
pub(crate) async fn list_events(
    tx: &mut TenantTx,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    after: Option<EventId>,
    limit: i64,
) -> Result<Vec<Event>, pg::Error> {
    let rows = sqlx::query_as!(
        Event,
        r#"select event_id as "event_id: _", title, description,
                  starts_at as "starts_at: _", ends_at as "ends_at: _", location,
                  created_by as "created_by: _", created_at as "created_at: _"
           from community_events
           where tenant_id = usher.current_tenant()
             and ($1::timestamptz is null or ends_at >= $1)
             and ($2::timestamptz is null or starts_at <= $2)
             and ($3::uuid is null or (starts_at, event_id) > (
                 select e.starts_at, e.event_id from community_events e
                 where e.tenant_id = usher.current_tenant() and e.event_id = $3))
           order by starts_at, event_id limit $4"#,
        from as _,
        to as _,
        after as _,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
