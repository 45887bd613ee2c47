//! Every fault at every step of the service's workflows leaves message and mail agreed.

use jobs::JobState;
use kernel::{Clock, JobId};
use testkit::{Sweep, Way};

use crate::house::House;

const STATUSES: &str = "select string_agg(distinct status, ',') from messages";

#[tokio::test]
async fn every_fault_of_a_sending_is_survived_and_the_letter_keeps_its_name() {
    let workflows = House::start_without_workers().await.app.workflows();
    for (at, _) in workflows.iter().enumerate() {
        for way in [Way::Doing, Way::Undoing] {
            sweep(at, way).await;
        }
    }
}

/// One service per way, so that every message of it must end the same.
async fn sweep(workflow: usize, way: Way) {
    let house = House::start_without_workers().await;
    let app = &house.app;
    let sweep = Sweep::of(&app.db, &Clock::system(), app.workflows().swap_remove(workflow));
    let cases: Vec<_> = sweep.cases().into_iter().filter(|case| case.way == way).collect();
    for case in &cases {
        house.invite(&format!("{case}@example.com").to_lowercase(), "Ann", "en").await;
    }
    let begun = "select count(*)::text from jobs";
    house.until(begun, &cases.len().to_string()).await;
    let jobs = house.jobs().await;
    let runs = cases.into_iter().zip(jobs).map(|(case, job)| (case, house.tenant, job));
    let runs: Vec<(_, _, JobId)> = runs.collect();
    let ended = sweep.drive(&runs).await;
    let (state, status) = match way {
        Way::Doing => (JobState::Done, "sent"),
        Way::Undoing => (JobState::Failed, "failed"),
    };
    assert!(ended.iter().all(|run| run.state == state));
    assert_eq!(house.text(STATUSES).await, status);
    let mails = house.sandbox.mail.messages();
    let mut names: Vec<_> = mails.iter().map(|mail| mail.message_id.clone()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), runs.len(), "a letter that went out again kept its Message-ID");
}
