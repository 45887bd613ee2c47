//! Rows of `placements`: what was decided about the tenant of the transaction.

use pg::TenantTx;

use crate::domain::{Cohort, Placement};

/// The tenant's placement; nothing decided where no row stands.
pub(crate) async fn placement(tx: &mut TenantTx) -> pg::Result<Placement> {
    let row = sqlx::query_as!(
        Placement,
        r#"select cohort as "cohort: Cohort", halted_at as "halted_at: _", halt_reason
           from placements where tenant_id = usher.current_tenant()"#
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.unwrap_or_default())
}

pub(crate) async fn keep_placement(tx: &mut TenantTx, placement: &Placement) -> pg::Result<()> {
    sqlx::query!(
        "insert into placements (cohort, halted_at, halt_reason) values ($1, $2, $3)
         on conflict on constraint placements_pkey
             do update set cohort = $1, halted_at = $2, halt_reason = $3",
        placement.cohort.map(Cohort::as_str),
        placement.halted_at as _,
        placement.halt_reason
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
