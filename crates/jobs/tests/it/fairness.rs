//! One tenant's backlog costs the others one turn, and no tenant has more at once than allowed.

use jobs::{JobState, Limits};
use kernel::TenantId;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    house::{House, quick, wait_for},
    world::{Fault, STEPS, Way},
};

#[tokio::test(flavor = "multi_thread")]
async fn tenants_take_turns_however_long_the_backlog_of_one() {
    let house = House::open().await;
    // Ids grow with time: one small tenant stands before the big one in every index, the other behind it.
    let (big, behind) = (TenantId::from(Uuid::now_v7()), TenantId::from(Uuid::now_v7()));
    for n in 0..40 {
        house.start_for(big, &format!("big {n}")).await;
    }
    for n in 0..3 {
        house.start(&format!("small before {n}")).await;
        house.start_for(behind, &format!("small behind {n}")).await;
    }
    // One place in all: every turn is visible in the order of calls.
    let worker = house.worker(Limits { concurrency: 1, per_tenant: 1 }, quick());
    let ended = |order: &[String]| order.iter().filter(|key| key.starts_with("small")).count();
    wait_for("the small tenants are served", async || ended(&house.world.order("verify")) == 6)
        .await;
    drop(worker);
    let order = house.world.order("verify");
    let last = order.iter().rposition(|key| key.starts_with("small")).expect("it was called");
    assert!(last <= 9, "the last small run came after {last} others: {order:?}");
    assert!(last >= 7, "the big tenant has its turns too: {order:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_never_has_more_at_once_than_allowed_over_all_workers() {
    let house = House::open().await;
    let gates: Vec<_> = (0..24).map(|_| CancellationToken::new()).collect();
    for (n, gate) in gates.iter().enumerate() {
        let key = format!("run {n}");
        house.world.plan(&key, "register", Way::Do, Fault::CutOff(gate.clone()));
        house.start(&key).await;
    }
    let limits = Limits { concurrency: 16, per_tenant: 3 };
    let workers = [(); 3].map(|()| house.worker(limits, quick()));
    wait_for("the tenant's places are taken", async || house.world.cut_off() >= 3).await;
    // A tenant that comes later is served meanwhile, which shows that every worker goes on claiming.
    let other = TenantId::from(Uuid::now_v7());
    for n in 0..6 {
        house.start_for(other, &format!("other {n}")).await;
    }
    wait_for("the other tenant is served", async || {
        house.world.order("verify").iter().filter(|key| key.starts_with("other")).count() == 6
    })
    .await;
    assert_eq!(house.world.cut_off(), 3);
    // Each place that comes free is a race between the workers.
    gates.iter().for_each(CancellationToken::cancel);
    for n in 0..24 {
        house.reach(&format!("run {n}"), JobState::Done).await;
    }
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(house.world.most_at_once(), 3);
}

/// Queues runs without the cost of starting each.
async fn queue_up(house: &House, tenant: TenantId, runs: u32) {
    house
        .as_admin(&format!(
            "with runs as (
                 insert into usher_user.jobs (tenant_id, id, workflow, version, key, input, request_id, started_by)
                 select '{tenant}', gen_random_uuid(), 'sample', 1, 'big ' || n, 'null', '', 'test'
                 from generate_series(1, {runs}) n
                 returning tenant_id, id, workflow, version
             )
             insert into usher_user.job_ready (tenant_id, job_id, workflow, version, going, step)
             select tenant_id, id, workflow, version, 'forward', 0 from runs"
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_queued_runs_delay_another_tenants_first_by_the_run_under_way() {
    let house = House::open().await;
    let (big, gate) = (TenantId::from(Uuid::now_v7()), CancellationToken::new());
    house.world.plan("under way", "register", Way::Do, Fault::CutOff(gate.clone()));
    house.start_for(big, "under way").await;
    queue_up(&house, big, 10_000).await;
    let worker = house.worker(Limits { concurrency: 1, per_tenant: 1 }, quick());
    wait_for("the big tenant is served", async || house.world.cut_off() == 1).await;
    house.start("small").await;
    gate.cancel();
    house.reach("small", JobState::Done).await;
    drop(worker);
    let first = house.world.claims_until("small");
    assert!(first <= STEPS.len() + 1, "begun as number {first}");
}

/// Entries of the queue's indexes that claims have read, over all sessions that have ended. Sweeps count every row, but
/// not through these.
async fn read_by_claims(house: &House) -> i64 {
    sqlx::query_scalar(
        "select coalesce(sum(idx_tup_read), 0)::bigint from pg_stat_user_indexes
         where schemaname = 'usher_user'
           and indexrelname in ('job_ready_queue_idx', 'job_ready_waiting_idx', 'job_leases_workflow_idx')",
    )
    .fetch_one(&mut house.admin().await)
    .await
    .expect("the figures")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_reads_few_rows_however_many_are_queued() {
    let house = House::open().await;
    house.world.limit(50);
    queue_up(&house, TenantId::from(Uuid::now_v7()), 50_000).await;
    queue_up(&house, TenantId::from(Uuid::now_v7()), 50_000).await;
    // Rows that nobody may take, before those that may be taken: of a version nobody knows, and not due for long.
    house
        .as_admin(
            "update usher_user.job_ready set version = 9, queued_at = queued_at - interval '1 day'
             where ctid in (select ctid from usher_user.job_ready limit 20000);
             update usher_user.job_ready set due_at = now() + interval '1 day', queued_at = queued_at - interval '1 day'
             where ctid in (select ctid from usher_user.job_ready where version = 1 limit 20000);
             analyze usher_user.job_ready",
        )
        .await;
    let before = read_by_claims(&house).await;
    let db = house.other_process();
    let limits = Limits { concurrency: 4, per_tenant: 2 };
    // One sweep: each counts the whole queue.
    let pace = jobs::Pace { sweep: std::time::Duration::from_secs(3600), ..quick() };
    let worker = house.worker_on(db.clone(), limits, pace);
    wait_for("runs are done", async || house.world.order("verify").len() >= 20).await;
    worker.stop().await;
    // The figures of a session are complete when it has ended.
    db.close().await;
    let steps = i64::try_from(house.world.claims()).expect("few");
    let mut read = 0;
    wait_for("the figures are in", async || {
        let last = std::mem::replace(&mut read, read_by_claims(&house).await - before);
        read > 0 && read == last
    })
    .await;
    // Most of them are entries of rows that were taken and are not vacuumed yet.
    assert!(read < steps * 200, "{read} entries were read for {steps} steps");
}
