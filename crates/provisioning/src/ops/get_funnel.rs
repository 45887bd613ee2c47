//! Counts the tenant's clients.

use kernel::Cx;

use super::tenant_of;
use crate::{
    App, Result,
    domain::{Cohort, Funnel, Range, Stage},
    store,
};

/// How many clients stand where now, and what became of those of a range.
#[derive(Debug)]
pub(crate) struct TenantFunnel {
    pub(crate) stages: Vec<(Stage, i64)>,
    pub(crate) funnel: Funnel,
}

/// The tenant's funnel.
pub(crate) async fn get_funnel(app: &App, cx: &Cx, range: Range) -> Result<TenantFunnel> {
    let mut tx = app.db.snapshot(tenant_of(cx)?, "get_funnel").await?;
    let stages = store::stages(&mut tx, app.clock.now()).await?;
    let counted = store::funnel(&mut tx, range, Cohort::ALL).await?;
    tx.commit().await?;
    let total = counted.into_iter().find(|(cohort, _)| cohort.is_none());
    Ok(TenantFunnel { stages, funnel: total.map(|(_, funnel)| funnel).unwrap_or_default() })
}
