//! Every fault at every step of the service's workflows leaves the rows and what came of the work agreed.

use std::sync::Arc;

use jobs::{JobState, Workflow};
use kernel::{JobId, TenantId};
use testkit::{Sweep, Way};
use uuid::Uuid;

use crate::{
    exports::{order, shown, staff},
    invite_batches::{batch, begin, list},
    platform::{Platform, tenant},
};

#[tokio::test]
async fn every_fault_of_every_workflow_is_survived() {
    let platform = Platform::start_without_workers().await;
    for workflow in platform.app().workflows() {
        match workflow.name() {
            "invite_batch" => no_row_of_a_list_is_doubled(&platform, workflow).await,
            "export_person" => an_export_is_whole_or_nothing(&platform, workflow).await,
            other => panic!("say how a run of {other} begins, and what it leads to"),
        }
    }
}

async fn no_row_of_a_list_is_doubled(platform: &Platform, workflow: Arc<dyn Workflow>) {
    let here = tenant();
    let boss = platform.staff(here, &format!("{}@example.com", Uuid::now_v7()), "admin").await.1;
    let sweep = Sweep::of(&platform.app().db, &platform.clock, workflow);
    let mut runs = Vec::new();
    for case in sweep.cases() {
        let email = format!("{case}@example.com").to_lowercase();
        let second = format!("second-{email}");
        let begun = begin(platform, &boss, list(&[email.as_str(), second.as_str()])).await;
        let id = begun.expect("begins").batch_id;
        runs.push((
            case,
            id.clone(),
            job_of(platform, here, "invite_batch", &format!("{id}/1")).await,
        ));
    }
    let driven: Vec<_> = runs.iter().map(|(case, _, job)| (case.clone(), here, *job)).collect();
    let ends = sweep.drive(&driven).await;
    for ((case, id, _), end) in runs.iter().zip(ends) {
        let seen = batch(platform, &boss, id).await;
        let (state, status) = match case.way {
            Way::Doing => (JobState::Done, "done"),
            // What was made before the work had to be given up stands.
            Way::Undoing => (JobState::Failed, "failed"),
        };
        assert_eq!((end.state, seen.status.as_str()), (state, status), "{case}");
        assert_eq!(seen.created + seen.left_out, 2, "{case}: {seen:?}");
    }
    let doubled = "select count(*) from (select email from invites group by email having count(*) > 1) as doubled";
    assert_eq!(platform.database.count(doubled).await, 0);
    let untold = "select count(*) from invite_batches b where 1 <>
                  (select count(*) from outbox o where o.aggregate_id = b.batch_id and o.kind = 'user.invite_batch.ended')";
    assert_eq!(platform.database.count(untold).await, 0, "each end is told once");
}

async fn an_export_is_whole_or_nothing(platform: &Platform, workflow: Arc<dyn Workflow>) {
    let asker = staff(platform);
    let sweep = Sweep::of(&platform.app().db, &platform.clock, workflow);
    let mut runs = Vec::new();
    for case in sweep.cases() {
        let email = format!("{}@example.com", Uuid::now_v7());
        let user_id = platform.staff(tenant(), &email, "user").await.0;
        let id = order(platform, &asker, &user_id).await.expect("orders").export_id;
        runs.push((
            case,
            id.clone(),
            job_of(platform, TenantId::PLATFORM, "export_person", &id).await,
        ));
    }
    let driven: Vec<_> =
        runs.iter().map(|(case, _, job)| (case.clone(), TenantId::PLATFORM, *job)).collect();
    let ends = sweep.drive(&driven).await;
    for ((case, id, _), end) in runs.iter().zip(ends) {
        let (state, status) = match case.way {
            Way::Doing => (JobState::Done, "ready"),
            Way::Undoing => (JobState::Failed, "failed"),
        };
        let seen = shown(platform, &asker, id).await.expect("shows");
        assert_eq!((end.state, seen.status.as_str()), (state, status), "{case}");
    }
    let halves = "select count(*) from exports e
                  where (select count(*) from export_parts p where p.export_id = e.export_id)
                        <> case e.status when 'ready' then 4 else 0 end";
    assert_eq!(platform.database.count(halves).await, 0, "whole or nothing");
    let untold = "select count(*) from exports e where 1 <>
                  (select count(*) from outbox o where o.aggregate_id = e.export_id
                                                   and o.kind in ('user.export.ready', 'user.export.failed'))";
    assert_eq!(platform.database.count(untold).await, 0, "each end is told once");
}

/// The run that was begun under this key.
async fn job_of(platform: &Platform, here: TenantId, workflow: &str, key: &str) -> JobId {
    let mut tx = platform.app().db.tenant(here, "show_job").await.expect("a transaction");
    let found = jobs::by_key(&mut tx, workflow, key).await;
    tx.commit().await.expect("commits");
    found.expect("an answer").expect("a run").id
}
