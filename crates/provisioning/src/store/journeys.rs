//! Rows of `journeys`: what became of each client, and when.

use kernel::{ClientId, Timestamp};
use pg::TenantTx;

use crate::domain::{Cohort, Milestone};

/// Begins the journey of a new client.
pub(crate) async fn insert_journey(
    tx: &mut TenantTx,
    id: ClientId,
    cohort: Cohort,
    began_at: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into journeys (client_id, cohort, began_at) values ($1, $2, $3)",
        id as _,
        cohort.as_str(),
        began_at as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The cohort that was given to the client.
pub(crate) async fn cohort(tx: &mut TenantTx, id: ClientId) -> pg::Result<Option<Cohort>> {
    let cohort = sqlx::query_scalar!(
        r#"select cohort as "cohort: Cohort" from journeys where client_id = $1"#,
        id as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(cohort)
}

/// Notes when the client came there for the first time. An invitation may be heard of after its acceptance, but was
/// made before it.
pub(crate) async fn note_milestone(
    tx: &mut TenantTx,
    id: ClientId,
    milestone: Milestone,
    at: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update journeys set
             invited_at = case when $2 = 'invited' then coalesce(invited_at, least($3, accepted_at))
                               else invited_at end,
             accepted_at = case when $2 = 'accepted' then coalesce(accepted_at, $3) else accepted_at end,
             active_at = case when $2 = 'active' then coalesce(active_at, $3) else active_at end,
             failed_at = case when $2 = 'failed' then coalesce(failed_at, $3) else failed_at end,
             first_update_at = case when $2 = 'updated' then coalesce(first_update_at, $3)
                                    else first_update_at end
         where client_id = $1",
        id as _,
        milestone.as_str(),
        at as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts that a person had to help.
pub(crate) async fn count_help(tx: &mut TenantTx, id: ClientId) -> pg::Result<()> {
    sqlx::query!("update journeys set helps = helps + 1 where client_id = $1", id as _)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
