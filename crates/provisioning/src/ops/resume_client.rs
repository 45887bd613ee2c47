//! Leads a client back to where its work still stands, because a person helps.

use jobs::{JobStatus, StepState};
use kernel::{Cx, Timestamp};
use pg::TenantTx;

use super::{keep_moved::keep_moved, note_help::note_help};
use crate::{
    Result,
    domain::{Client, Stage},
    jobs::Task,
    store,
};

/// Moves a failed, locked client back to where its job goes on; one on its way stays there. Its open trouble was
/// touched, and the help counts.
pub(super) async fn resume_client(
    tx: &mut TenantTx,
    cx: &Cx,
    client: Client,
    job: Option<&JobStatus>,
    now: Timestamp,
) -> Result<Client> {
    let mut client = keep_moved(tx, cx, client.resume(now)?).await?.client();
    // A step that a person took as done is not taken back by a failure, and is not done again.
    for stage in job.into_iter().flat_map(standing) {
        client = keep_moved(tx, cx, client.advance(stage, now)?).await?.client();
    }
    if let Some(trouble) = store::lock_open_trouble(tx, client.client_id, now).await? {
        store::update_trouble(tx, &trouble.touched(now)).await?;
    }
    note_help(tx, cx, client.client_id).await?;
    Ok(client)
}

/// The stages that the steps lead to which stand.
fn standing(job: &JobStatus) -> impl Iterator<Item = Stage> {
    let stand = |state| matches!(state, StepState::Done | StepState::Skipped);
    let steps = job.steps.iter().take_while(move |step| stand(step.state));
    steps.filter_map(|step| Task::parse(&step.name)).map(Task::stage)
}
