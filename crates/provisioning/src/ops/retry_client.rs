//! Tries a failed onboarding again.

use kernel::Cx;

use super::{
    Wish,
    begin_run::latest_run,
    keep_moved::keep_moved,
    known_reply::{keep_reply, known_reply},
    locked,
    note_help::note_help,
    tenant_of,
};
use crate::{
    App, Result,
    domain::{Client, Moved},
    store,
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
    let moved = client.resume(now)?;
    let failed = matches!(moved, Moved::New(..));
    if let Some(job) = job {
        match jobs::retry(&mut tx, cx, job.id).await {
            Err(jobs::Error::WrongState(_)) if !failed => {}
            other => drop(other?),
        }
    }
    let client = keep_moved(&mut tx, cx, moved).await?.client();
    if let Some(trouble) = store::lock_open_trouble(&mut tx, id, now).await? {
        store::update_trouble(&mut tx, &trouble.touched(now)).await?;
    }
    bus::audit(&mut tx, cx, "client.retry", &format!("client:{id}")).await?;
    note_help(&mut tx, cx, id).await?;
    keep_reply(&mut tx, cx, OPERATION, id).await?;
    tx.commit().await?;
    Ok(client)
}
