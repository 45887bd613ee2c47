//! Watching a job.

use futures::StreamExt;
use kernel::Code;
use sandbox::legacy::{Fault, Op};
use uuid::Uuid;
use wire::{
    Refusal,
    provisioning::v1::{Job, WatchJobRequest},
};

use crate::world::{World, answer, request};

async fn watch(world: &World, job_id: &str) -> Result<tonic::Streaming<Job>, Refusal> {
    let request = WatchJobRequest { job_id: job_id.into() };
    let request = wire::call(&world.operator(world.tenant), request);
    answer(world.jobs().watch_job(request).await)
}

#[tokio::test]
async fn a_watcher_sees_a_job_until_it_has_ended() {
    let world = World::new().await;
    let slow = Fault::RateLimited { retry_after: Some(1) };
    world.sandbox.legacy.push_fault_for("sheet_ann", Op::TokenGet, slow);
    let client_id = world.begin(request("ann")).await.client_id;
    world.until_count("select count(*) from jobs", 1).await;
    let job_id = world.status(&client_id).await.expect("a client").job_id;
    let watched = watch(&world, &job_id).await.expect("watches");
    let mut states: Vec<String> = watched.map(|job| job.expect("a state").state).collect().await;
    states.dedup();
    assert_eq!(states.last().map(String::as_str), Some("done"), "{states:?}");
    let again = watch(&world, &job_id).await.expect("watches");
    assert_eq!(again.count().await, 1, "its state and the end");
    let missing = watch(&world, &Uuid::now_v7().to_string()).await.expect_err("missing");
    assert_eq!((missing.code, missing.reason.as_str()), (Code::NotFound, "job_unknown"));
    world.end().await;
}
