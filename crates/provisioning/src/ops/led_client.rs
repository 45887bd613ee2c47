//! The client that a job leads on its way.

use jobs::JobStatus;
use kernel::{Cx, Timestamp};
use pg::TenantTx;

use super::{fail_client::fail_client, locked, resume_client::resume_client};
use crate::{
    Error, Result,
    domain::{Cause, Client, TroubleKind},
    jobs::{Input, PROVISION, REGISTER},
};

/// A locked client, and the run of it that the job is.
#[derive(Debug)]
pub(super) struct Led {
    client: Client,
    run: Input,
    job: JobStatus,
}

/// Locks the client before its job is locked, as the engine does; none where the job leads no client.
pub(super) async fn led_client(
    tx: &mut TenantTx,
    job: JobStatus,
    now: Timestamp,
) -> Result<Option<Led>> {
    if ![PROVISION, REGISTER].contains(&job.workflow.as_str()) {
        return Ok(None);
    }
    let Some((client_id, run)) = Client::read_run_key(&job.key) else {
        return Ok(None);
    };
    let client = locked(tx, client_id, now).await?;
    Ok(Some(Led { client, run: Input { client_id, run }, job }))
}

impl Led {
    /// The job goes on, and the client with it.
    ///
    /// # Errors
    /// [`Error::StageForbids`] where the client was revoked; [`Error::JobOvertaken`].
    pub(super) async fn resume(self, tx: &mut TenantTx, cx: &Cx, now: Timestamp) -> Result<()> {
        let heeds = self.client.heeds(self.run.run);
        resume_client(tx, cx, self.client, Some(&self.job), now).await?;
        if heeds { Ok(()) } else { Err(Error::JobOvertaken) }
    }

    /// The job was ended by hand, and no hook of it was asked.
    pub(super) async fn fail(
        self,
        tx: &mut TenantTx,
        cx: &Cx,
        cause: Cause,
        now: Timestamp,
    ) -> Result<()> {
        fail_client(tx, cx, &self.run, TroubleKind::Failed, cause, now).await.map(drop)
    }
}
