//! Tries a failed onboarding again.

use kernel::Cx;

use super::{
    Wish,
    begin_run::latest_run,
    known_reply::{keep_reply, known_reply},
    locked,
    resume_client::resume_client,
    tell_job::tell_operated,
    tenant_of,
};
use crate::{
    App, Result,
    domain::{Client, Stage},
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "RetryClient";

/// Leads a failed client back to where its work still stands, and its job with it. A client on its way stays there,
/// but waits no longer for the next attempt; an active one whose last run failed has that run tried again.
pub(crate) async fn retry_client(app: &App, cx: &Cx, wish: Wish) -> Result<Client> {
    let (now, id) = (app.clock.now(), wish.client_id);
    let mut tx = app.db.tenant(tenant_of(cx)?, "retry_client").await?;
    if let Some(known) = known_reply(&mut tx, cx, OPERATION, &wish.fingerprint).await? {
        let client = locked(&mut tx, known, now).await?;
        tx.commit().await?;
        return Ok(client);
    }
    let client = locked(&mut tx, id, now).await?;
    let job = latest_run(&mut tx, &client).await?;
    let failed = client.stage == Stage::Failed;
    let client = resume_client(&mut tx, cx, client, job.as_ref(), now).await?;
    if let Some(job) = job {
        match jobs::retry(&mut tx, cx, job.id).await {
            Err(jobs::Error::WrongState(_)) if !failed => {}
            done => tell_operated(&mut tx, cx, &done?).await?,
        }
    }
    bus::audit(&mut tx, cx, "client.retry", &format!("client:{id}")).await?;
    keep_reply(&mut tx, cx, OPERATION, id).await?;
    tx.commit().await?;
    Ok(client)
}
