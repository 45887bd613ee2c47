//! Shows how far a client has come.

use jobs::JobStatus;
use kernel::{ClientId, Cx};

use super::{begin_run::latest_run, tenant_of};
use crate::{App, Error, Result, domain::Client, store};

/// A client and the job of its latest run, if one has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientStatus {
    pub(crate) client: Client,
    pub(crate) job: Option<JobStatus>,
}

/// The client and its job as they stood at one moment: a job that is done shows what it did to the client.
pub(crate) async fn get_client_status(app: &App, cx: &Cx, id: ClientId) -> Result<ClientStatus> {
    let mut tx = app.db.snapshot(tenant_of(cx)?, "get_client_status").await?;
    let client = store::client(&mut tx, id, app.clock.now()).await?.ok_or(Error::ClientNotFound)?;
    let job = latest_run(&mut tx, &client).await?;
    tx.commit().await?;
    Ok(ClientStatus { client, job })
}
