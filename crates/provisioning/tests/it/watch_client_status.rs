//! Watching a client's way.

use futures::StreamExt;
use kernel::Code;
use sandbox::legacy::{Aim, Fault, Op, Storm};
use tonic::Status;
use uuid::Uuid;
use wire::{
    Refusal,
    provisioning::v1::{ClientStatus, WatchClientStatusRequest},
};

use crate::{
    revoke_client::revoke,
    world::{World, answer, request},
};

type Watched = tonic::Streaming<ClientStatus>;

async fn watch(world: &World, client_id: &str) -> Result<Watched, Refusal> {
    let request = WatchClientStatusRequest { client_id: client_id.into() };
    let request = wire::call(&world.operator(world.tenant), request);
    answer(world.onboarding().watch_client_status(request).await)
}

fn stage(shown: Result<ClientStatus, Status>) -> String {
    shown.expect("a state").client.expect("a client").stage
}

/// The stages that are shown until the stream ends, each once.
async fn stages(watched: Watched) -> Vec<String> {
    let mut stages: Vec<String> = watched.map(stage).collect().await;
    stages.dedup();
    stages
}

#[tokio::test]
async fn a_watcher_sees_the_present_state_then_changes_and_the_end() {
    let world = World::enduring().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    world.sandbox.legacy.begin_storm(Storm {
        aim: Aim { op: Some(Op::TokenGet), spreadsheets: None },
        fault: Fault::RateLimited { retry_after: Some(1) },
        calls: None,
    });
    let mut watched = watch(&world, &client.client_id).await.expect("watches");
    let first = watched.next().await.expect("a state").expect("a state");
    assert_eq!(first.client.expect("a client").stage, "invited");
    world.users.accept(world.tenant, &client.client_id).await;
    // Stages may pass between two looks; the one that lasts until it was seen and the end may not.
    while stage(watched.next().await.expect("goes on")) != "token_added" {}
    world.sandbox.legacy.end_storms();
    let seen = stages(watched).await;
    assert_eq!(seen.last().map(String::as_str), Some("active"), "{seen:?}");
    world.end().await;
}

#[tokio::test]
async fn a_watcher_of_a_settled_client_gets_its_state_and_the_end() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    world.until_job(&client.client_id, "done").await;
    let seen = watch(&world, &client.client_id).await.expect("watches");
    assert_eq!(stages(seen).await, ["active"]);
    let waiting = world.onboard(request("bob")).await.expect("onboards");
    let watched = watch(&world, &waiting.client_id).await.expect("watches");
    revoke(&world, &waiting.client_id).await.expect("revokes");
    assert_eq!(stages(watched).await.last().map(String::as_str), Some("revoked"));
    world.end().await;
}

#[tokio::test]
async fn nothing_is_shown_of_a_client_that_is_not_there_or_another_tenants() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let missing = watch(&world, &Uuid::now_v7().to_string()).await.expect_err("missing");
    let stranger = world.operator(Uuid::now_v7().into());
    let theirs = WatchClientStatusRequest { client_id: client.client_id };
    let theirs = world.onboarding().watch_client_status(wire::call(&stranger, theirs)).await;
    for refusal in [missing, answer(theirs).expect_err("unseen")] {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "client_not_found"));
    }
    world.end().await;
}
