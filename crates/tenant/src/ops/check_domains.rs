//! Looks for every proof that is due.

use futures::{StreamExt, stream};
use kernel::{Cx, TenantId};
use uuid::Uuid;

use super::check_domain::check_domain;
use crate::{App, Result, store};

/// How many claims are looked at in one go.
const BATCH: i64 = 200;

/// How many at a time: slow name servers of one tenant do not put off the others.
const AT_ONCE: usize = 16;

/// Looks for the proofs that are due, of any tenant; for how many. Two processes that look at the same time do so twice,
/// to the same effect.
pub(crate) async fn check_domains(app: &App) -> Result<usize> {
    let mut tx = app.db.platform("list_due_domains", "proofs of all tenants are due").await?;
    let due = store::list_due_domains(&mut tx, app.clock.now(), BATCH).await?;
    tx.commit().await?;
    let looks = stream::iter(due).map(|(tenant, id)| look(app, tenant, id));
    let looks = looks.buffer_unordered(AT_ONCE);
    Ok(looks.filter(|looked| std::future::ready(*looked)).count().await)
}

async fn look(app: &App, tenant: TenantId, id: Uuid) -> bool {
    let cx = Cx::of_service(crate::NAME, Some(tenant), &app.clock);
    match check_domain(app, &cx, tenant, id).await {
        Ok(_) => true,
        Err(problem) => {
            tracing::warn!(tenant.id = %tenant, domain.id = %id, %problem, "a proof could not be looked for");
            false
        }
    }
}
