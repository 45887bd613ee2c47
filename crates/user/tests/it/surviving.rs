//! Every fault at every step of the service's workflows leaves list and invitations agreed.

use jobs::JobState;
use kernel::JobId;
use testkit::{Sweep, Way};
use uuid::Uuid;

use crate::{
    invite_batches::{batch, begin, list},
    platform::{Platform, tenant},
};

#[tokio::test]
async fn every_fault_of_the_work_on_a_list_is_survived_and_no_row_is_doubled() {
    let platform = Platform::start_without_workers().await;
    let workflows = platform.app().workflows();
    assert_eq!(workflows.len(), 1, "say how a run of the other workflow begins");
    for workflow in workflows {
        let here = tenant();
        let boss =
            platform.staff(here, &format!("{}@example.com", Uuid::now_v7()), "admin").await.1;
        let sweep = Sweep::of(&platform.app().db, &platform.clock, workflow);
        let mut runs = Vec::new();
        for case in sweep.cases() {
            let email = format!("{case}@example.com").to_lowercase();
            let second = format!("second-{email}");
            let begun = begin(&platform, &boss, list(&[email.as_str(), second.as_str()])).await;
            let id = begun.expect("begins").batch_id;
            runs.push((case, id.clone(), job_of(&platform, here, &id).await));
        }
        let driven: Vec<_> = runs.iter().map(|(case, _, job)| (case.clone(), here, *job)).collect();
        let ends = sweep.drive(&driven).await;
        for ((case, id, _), end) in runs.iter().zip(ends) {
            let seen = batch(&platform, &boss, id).await;
            let (state, status) = match case.way {
                Way::Doing => (JobState::Done, "done"),
                // What was made before the work had to be given up stands.
                Way::Undoing => (JobState::Failed, "failed"),
            };
            assert_eq!((end.state, seen.status.as_str()), (state, status), "{case}");
            assert_eq!(seen.created + seen.left_out, 2, "{case}: {seen:?}");
        }
    }
    let doubled = "select count(*) from (select email from invites group by email having count(*) > 1) as doubled";
    assert_eq!(platform.database.count(doubled).await, 0);
    let untold = "select count(*) from invite_batches b where 1 <>
                  (select count(*) from outbox o where o.aggregate_id = b.batch_id and o.kind = 'user.invite_batch.ended')";
    assert_eq!(platform.database.count(untold).await, 0, "each end is told once");
}

/// The first run of a list.
async fn job_of(platform: &Platform, here: kernel::TenantId, batch_id: &str) -> JobId {
    let mut tx = platform.app().db.tenant(here, "show_job").await.expect("a transaction");
    let found = jobs::by_key(&mut tx, "invite_batch", &format!("{batch_id}/1")).await;
    tx.commit().await.expect("commits");
    found.expect("an answer").expect("a run").id
}
