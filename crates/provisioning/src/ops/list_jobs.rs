//! Lists the tenant's jobs.

use jobs::{JobState, JobStatus};
use kernel::{Cx, JobId, Page, PageSize};

use super::tenant_of;
use crate::{App, Result};

/// The jobs before `before`, newest first, in one state or in any.
pub(crate) async fn list_jobs(
    app: &App,
    cx: &Cx,
    state: Option<JobState>,
    size: PageSize,
    before: Option<JobId>,
) -> Result<Page<JobStatus>> {
    let mut tx = app.db.snapshot(tenant_of(cx)?, "list_jobs").await?;
    let page = jobs::list(&mut tx, state, before, size).await?;
    tx.commit().await?;
    Ok(page)
}
