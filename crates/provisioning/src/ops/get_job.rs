//! Shows a job, and what people did to it.

use jobs::{Intervention, JobStatus};
use kernel::{Cx, JobId};
use pg::TenantTx;

use super::tenant_of;
use crate::{App, Result};

/// A job as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobView {
    pub(crate) job: JobStatus,
    pub(crate) interventions: Vec<Intervention>,
}

/// The job as it stands at one moment.
pub(crate) async fn get_job(app: &App, cx: &Cx, id: JobId) -> Result<JobView> {
    let mut tx = app.db.snapshot(tenant_of(cx)?, "get_job").await?;
    let view = view_of(&mut tx, id).await?;
    tx.commit().await?;
    Ok(view)
}

/// The job as the transaction sees it.
pub(super) async fn view_of(tx: &mut TenantTx, id: JobId) -> Result<JobView> {
    let job = jobs::status(tx, id).await?.ok_or(jobs::Error::UnknownJob)?;
    let interventions = jobs::interventions(tx, id).await?;
    Ok(JobView { job, interventions })
}
