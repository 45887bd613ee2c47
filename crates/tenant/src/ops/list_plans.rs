//! Lists the plans.

use crate::{App, Result, domain::Plan, store};

/// All of them, by word.
pub(crate) async fn list_plans(app: &App) -> Result<Vec<Plan>> {
    let mut tx = app.db.platform("list_plans", "the catalogue belongs to no tenant").await?;
    let plans = store::list_plans(&mut tx).await?;
    tx.commit().await?;
    Ok(plans)
}
