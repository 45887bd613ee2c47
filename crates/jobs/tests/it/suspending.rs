//! A suspended tenant's runs wait, and nobody else's.

use jobs::{JobState, Limits};
use kernel::TenantId;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    house::{House, quick, wait_for},
    world::{Fault, Way},
};

async fn suspend(house: &House, tenant: TenantId) {
    let mut tx = house.db.tenant(tenant, "suspend").await.expect("a transaction");
    jobs::suspend_tenant(&mut tx).await.expect("suspends");
    jobs::suspend_tenant(&mut tx).await.expect("is suspended already");
    tx.commit().await.expect("commits");
}

async fn resume(house: &House, tenant: TenantId) {
    let mut tx = house.db.tenant(tenant, "resume").await.expect("a transaction");
    jobs::resume_tenant(&mut tx).await.expect("resumes");
    jobs::resume_tenant(&mut tx).await.expect("goes on already");
    tx.commit().await.expect("commits");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_a_suspended_tenant_wait_and_others_go_on() {
    let house = House::open().await;
    let other = TenantId::from(Uuid::now_v7());
    suspend(&house, house.tenant).await;
    house.start("mine").await;
    house.start_for(other, "theirs").await;
    let worker = house.worker(Limits::default(), quick());
    let done = async || house.world.order("verify") == ["theirs"];
    wait_for("the other tenant's run is done", done).await;
    let mine = house.status("mine").await;
    assert_eq!((mine.state, mine.steps.len()), (JobState::Queued, 0), "nobody took it");
    resume(&house, house.tenant).await;
    house.reach("mine", JobState::Done).await;
    worker.stop().await;
}

/// The attempt under way may have acted outside: it ends in order, and what follows it waits.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_ends_and_what_follows_waits() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    house.world.plan("k", "register", Way::Do, Fault::CutOff(gate.clone()));
    house.start("k").await;
    // One place: the next claim of the tenant comes after the attempt.
    let pace = jobs::Pace { tenure: std::time::Duration::ZERO, ..quick() };
    let worker = house.worker(Limits { concurrency: 1, per_tenant: 1 }, pace);
    wait_for("the first step is under way", async || house.world.cut_off() == 1).await;
    suspend(&house, house.tenant).await;
    gate.cancel();
    let other = TenantId::from(Uuid::now_v7());
    house.start_for(other, "theirs").await;
    let done = async || house.world.order("verify") == ["theirs"];
    wait_for("another tenant's run has passed", done).await;
    assert!(!house.status("k").await.state.has_ended());
    assert_eq!(house.world.calls("k", "token", Way::Do), 0, "the second step did not begin");
    resume(&house, house.tenant).await;
    house.reach("k", JobState::Done).await;
    worker.stop().await;
}
