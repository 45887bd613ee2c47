//! A suspended tenant's runs wait, and nobody else's.

use jobs::{JobState, Limits};
use kernel::TenantId;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    house::{House, quick, wait_for},
    world::{Fault, Way},
};

async fn suspend(house: &House, tenant: TenantId, epoch: i64) {
    let mut tx = house.db.tenant(tenant, "suspend").await.expect("a transaction");
    jobs::suspend_tenant(&mut tx, epoch).await.expect("suspends");
    jobs::suspend_tenant(&mut tx, epoch).await.expect("is suspended already");
    tx.commit().await.expect("commits");
}

async fn resume(house: &House, tenant: TenantId, epoch: i64) {
    let mut tx = house.db.tenant(tenant, "resume").await.expect("a transaction");
    jobs::resume_tenant(&mut tx, epoch).await.expect("resumes");
    jobs::resume_tenant(&mut tx, epoch).await.expect("goes on already");
    tx.commit().await.expect("commits");
}

async fn close(house: &House, tenant: TenantId) {
    let mut tx = house.db.tenant(tenant, "close").await.expect("a transaction");
    jobs::close_tenant(&mut tx).await.expect("closes");
    jobs::close_tenant(&mut tx).await.expect("is closed already");
    tx.commit().await.expect("commits");
}

/// Lets another tenant's run pass, and with it the turn of everybody before.
async fn pass(house: &House, other: TenantId, key: &str) {
    house.start_for(other, key).await;
    let done = async || house.world.order("verify").iter().any(|done| done == key);
    wait_for("another tenant's run has passed", done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_news_of_a_tenant_overrule_no_newer_ones() {
    let house = House::open().await;
    let other = TenantId::from(Uuid::now_v7());
    suspend(&house, house.tenant, 3).await;
    resume(&house, house.tenant, 2).await;
    house.start("mine").await;
    let worker = house.worker(Limits::default(), quick());
    pass(&house, other, "first").await;
    assert_eq!(house.status("mine").await.state, JobState::Queued, "the newer news hold");
    resume(&house, house.tenant, 4).await;
    suspend(&house, house.tenant, 3).await;
    house.reach("mine", JobState::Done).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_a_closed_tenant_wait_for_good_and_no_claim_looks_at_them() {
    let house = House::open().await;
    let other = TenantId::from(Uuid::now_v7());
    house.start("before").await;
    close(&house, house.tenant).await;
    assert_eq!(
        house
            .text("select count(*)::text from usher_user.job_ready where due_at < 'infinity'")
            .await,
        "0"
    );
    resume(&house, house.tenant, 5).await;
    house.start("after").await;
    let worker = house.worker(Limits::default(), quick());
    pass(&house, other, "theirs").await;
    for key in ["before", "after"] {
        assert_eq!(house.status(key).await.state, JobState::Queued, "{key}");
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_a_suspended_tenant_wait_and_others_go_on() {
    let house = House::open().await;
    let other = TenantId::from(Uuid::now_v7());
    suspend(&house, house.tenant, 1).await;
    house.start("mine").await;
    house.start_for(other, "theirs").await;
    let worker = house.worker(Limits::default(), quick());
    let done = async || house.world.order("verify") == ["theirs"];
    wait_for("the other tenant's run is done", done).await;
    let mine = house.status("mine").await;
    assert_eq!((mine.state, mine.steps.len()), (JobState::Queued, 0), "nobody took it");
    let depth = jobs::depth(&house.db, house.clock.now()).await.expect("a depth");
    assert_eq!((depth.ready, depth.waiting), (0, 0), "nobody is late with it");
    resume(&house, house.tenant, 2).await;
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
    suspend(&house, house.tenant, 1).await;
    gate.cancel();
    let other = TenantId::from(Uuid::now_v7());
    house.start_for(other, "theirs").await;
    let done = async || house.world.order("verify") == ["theirs"];
    wait_for("another tenant's run has passed", done).await;
    assert!(!house.status("k").await.state.has_ended());
    assert_eq!(house.world.calls("k", "token", Way::Do), 0, "the second step did not begin");
    resume(&house, house.tenant, 2).await;
    house.reach("k", JobState::Done).await;
    worker.stop().await;
}
