//! A client's runs of provisioning: one at a time, and only the latest counts.

use jobs::{JobState, JobStatus};
use kernel::Cx;
use pg::TenantTx;

use super::tell_job::tell_started;
use crate::{
    Result,
    domain::Client,
    jobs::{Input, PROVISION, REGISTER, VERSION},
    store,
};

/// Begins the next run of a locked client. A former one that is under way is cancelled first, and its end starts the
/// new one: two never talk to the backend about one client.
pub(super) async fn begin_run(tx: &mut TenantTx, cx: &Cx, client: Client) -> Result<Client> {
    let Some(former) = run_of(tx, &client, client.run).await? else {
        if client.run == 1 {
            start_run(tx, cx, &client).await?;
        }
        // Otherwise the latest run itself still waits for its turn, and will find what is new.
        return Ok(client);
    };
    let client = Client { run: client.run + 1, ..client };
    store::update_client(tx, &client).await?;
    if is_open(&former) {
        jobs::cancel(tx, cx, former.id).await?;
    } else {
        start_run(tx, cx, &client).await?;
    }
    Ok(client)
}

/// Starts the job of the run that counts; once, however often it is asked for.
pub(super) async fn start_run(tx: &mut TenantTx, cx: &Cx, client: &Client) -> Result<()> {
    let workflow = if client.wb_token_hint.is_some() { PROVISION } else { REGISTER };
    let input = Input { client_id: client.client_id, run: client.run };
    let key = client.run_key();
    let started = jobs::start(tx, cx, workflow, VERSION, &key, &input).await?;
    tell_started(tx, cx, started, workflow, &key).await
}

/// The job that a reader wants to see: the latest run's, or while that waits for its turn the one before.
pub(super) async fn latest_run(tx: &mut TenantTx, client: &Client) -> Result<Option<JobStatus>> {
    match run_of(tx, client, client.run).await? {
        None if client.run > 1 => run_of(tx, client, client.run - 1).await,
        known => Ok(known),
    }
}

/// Whether a run will still do something by itself.
pub(super) const fn is_open(job: &JobStatus) -> bool {
    matches!(job.state, JobState::Queued | JobState::Running | JobState::Waiting)
}

async fn run_of(tx: &mut TenantTx, client: &Client, run: i32) -> Result<Option<JobStatus>> {
    let key = client.run_key_of(run);
    for workflow in [PROVISION, REGISTER] {
        if let Some(job) = jobs::by_key(tx, workflow, &key).await? {
            return Ok(Some(job));
        }
    }
    Ok(None)
}
