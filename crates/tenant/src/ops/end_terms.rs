//! Ends trials and days of grace that are over.

use kernel::{Cx, TenantId};

use super::move_tenant::keep_moved;
use crate::{App, Result, store};

/// How many tenants are read at a time, of each kind.
const BATCH: i64 = 200;

/// Moves every tenant whose term is over, each in a transaction of its own and under its lock; how many. Any number of
/// processes may look at a time, and one moves.
pub(crate) async fn end_terms(app: &App) -> Result<usize> {
    let mut ended = 0;
    loop {
        let mut tx = app.db.platform("list_over", "terms of all tenants end").await?;
        let over = store::list_over(&mut tx, app.clock.now(), BATCH).await?;
        tx.commit().await?;
        let before = ended;
        for tenant in over {
            match end(app, tenant).await {
                Ok(moved) => ended += usize::from(moved),
                Err(problem) => {
                    tracing::warn!(tenant.id = %tenant, %problem, "a term could not be ended");
                }
            }
        }
        // What could not be ended stays listed; it is for the next time.
        if ended == before {
            return Ok(ended);
        }
    }
}

async fn end(app: &App, id: TenantId) -> Result<bool> {
    let cx = Cx::of_service(crate::NAME, Some(id), &app.clock);
    let now = app.clock.now();
    let mut tx = app.db.tenant(id, "end_term").await?;
    let Some(tenant) = store::lock_tenant(&mut tx).await? else {
        return Ok(false);
    };
    let Some((verb, reason)) = tenant.demands(now) else {
        return Ok(false);
    };
    let moved = keep_moved(&mut tx, &cx, &tenant, verb, reason, now).await?;
    tx.commit().await?;
    Ok(moved.is_some())
}
