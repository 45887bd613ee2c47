//! Setting a workspace up again.

use kernel::Code;
use sandbox::legacy::{Fault, Op};
use wire::{
    Refusal,
    provisioning::v1::{ClientStatus, ReprovisionClientRequest},
};

use crate::world::{World, answer, request};

pub(crate) async fn reprovision(world: &World, client_id: &str) -> Result<ClientStatus, Refusal> {
    let request = ReprovisionClientRequest {
        client_id: client_id.into(),
        ..ReprovisionClientRequest::default()
    };
    let request = wire::call(&world.operator(world.tenant), request);
    answer(world.onboarding().reprovision_client(request).await)
}

#[tokio::test]
async fn an_active_client_is_set_up_again_by_a_new_run_and_stays_active() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    let id = client.client_id.as_str();
    let first = world.until_job(id, "done").await.job_id;
    world.sandbox.legacy.deactivate("sheet_ann");
    let again = reprovision(&world, id).await.expect("begins");
    assert_eq!(again.client.expect("a client").stage, "active");
    assert_ne!(again.job_id, first);
    let done = world.until_job(id, "done").await;
    assert_eq!(
        (done.job_id, done.client.expect("a client").stage),
        (again.job_id, "active".into())
    );
    assert_eq!(world.told("provisioning.client.refreshed", id).await.len(), 1);
    assert!(world.effects("sheet_ann").contains(&"Activated".to_owned()));
    world.end().await;
}

#[tokio::test]
async fn a_failed_client_begins_anew_and_one_on_its_way_is_left_alone() {
    let world = World::enduring().await;
    let fault = Fault::Refused { status: 403, message: "closed".into() };
    world.sandbox.legacy.push_fault_for("sheet_ann", Op::DatasetsUpdate, fault);
    let client = world.begin(request("ann")).await;
    let id = client.client_id.as_str();
    let failed = world.until(id, "failed").await;
    world.sandbox.legacy.begin_outage(Fault::RateLimited { retry_after: Some(1) });
    let begun = reprovision(&world, id).await.expect("begins");
    assert_eq!(begun.client.as_ref().expect("a client").stage, "workspace_registered");
    assert_ne!(begun.job_id, failed.job_id);
    let same = reprovision(&world, id).await.expect("stands as it is");
    assert_eq!(same.job_id, begun.job_id);
    world.sandbox.legacy.end_outage();
    world.until(id, "active").await;
    assert_eq!(world.count("select count(*) from jobs").await, 2);
    world.end().await;
}

#[tokio::test]
async fn a_client_that_has_not_accepted_cannot_be_set_up() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let refusal = reprovision(&world, &client.client_id).await.expect_err("refused");
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "client_stage_conflict"));
    world.end().await;
}
