//! A failure for good, and what a person does about it.

use kernel::Code;
use sandbox::legacy::{Aim, Fault, Op, Storm};
use uuid::Uuid;
use wire::provisioning::v1::OnboardClientRequest;

use crate::world::{World, request, wb_token};

#[tokio::test]
async fn a_refusal_fails_the_client_with_a_reason_and_a_retry_resumes_it() {
    let refusals = [
        (400, "legacy_rejected", Op::Register),
        (404, "legacy_rejected", Op::TokensAdd),
        (401, "legacy_key_refused", Op::TokenGet),
        (403, "legacy_forbidden", Op::DatasetsUpdate),
    ];
    let world = World::new().await;
    for (status, reason, op) in refusals {
        let name = format!("c{status}");
        let fault = Fault::Refused { status, message: "the moon is full".into() };
        world.sandbox.legacy.push_fault_for(&format!("sheet_{name}"), op, fault);
        let client = world.begin(request(&name)).await;
        let shown = world.until(&client.client_id, "failed").await;
        assert_eq!(shown.job_state, "failed");
        let failed = shown.client.expect("a client");
        assert_eq!(failed.reason_code, reason);
        assert!(failed.reason.contains(&status.to_string()), "{}", failed.reason);
        assert_eq!(failed.reason.contains("the moon is full"), status != 401);
        let told = world.told("provisioning.client.advanced", &client.client_id).await;
        assert_eq!(told.last().expect("a fact")["reason"], reason);
        let resumed = world.retry(&client.client_id).await.expect("resumes");
        assert!(resumed.reason.is_empty() && resumed.stage != "failed");
        world.until(&client.client_id, "active").await;
        assert_eq!(world.effects(&client.spreadsheet_id), ["Registered", "TokenStored"]);
    }
    world.end().await;
}

#[tokio::test]
async fn a_backend_that_stays_away_fails_the_client_and_a_retry_goes_on_when_it_is_back() {
    let world = World::new().await;
    world.sandbox.legacy.begin_outage(Fault::ServerError);
    let client = world.begin(request("ann")).await;
    let failed = world.until(&client.client_id, "failed").await.client.expect("a client");
    assert_eq!((failed.reason_code.as_str(), failed.attempts), ("legacy_failed", 6));
    let same = world.onboard(request("ann")).await.expect("stands as it is");
    assert_eq!(same.stage, "failed");
    world.sandbox.legacy.end_outage();
    world.retry(&client.client_id).await.expect("resumes");
    world.until(&client.client_id, "active").await;
    world.end().await;
}

#[tokio::test]
async fn a_token_replaced_after_a_failure_is_the_one_that_is_added() {
    let world = World::new().await;
    let fault = Fault::Refused { status: 403, message: "spreadsheet is inactive".into() };
    world.sandbox.legacy.push_fault(Op::TokenGet, fault);
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "failed").await;
    let other = OnboardClientRequest { wb_token: wb_token("another_seller"), ..request("ann") };
    world.onboard(other).await.expect("replaces the token");
    world.retry(&client.client_id).await.expect("resumes");
    world.until(&client.client_id, "active").await;
    let sheets = world.sandbox.legacy.spreadsheets();
    let sellers: Vec<_> = sheets[0].tokens.iter().map(|token| token.sid.as_str()).collect();
    assert!(sellers.contains(&"another_seller"), "{sellers:?}");
    world.end().await;
}

#[tokio::test]
async fn a_token_that_the_backend_does_not_give_out_fails_the_check() {
    let world = World::enduring().await;
    world.sandbox.legacy.begin_storm(Storm {
        aim: Aim { op: Some(Op::TokenGet), spreadsheets: None },
        fault: Fault::RateLimited { retry_after: Some(1) },
        calls: None,
    });
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "token_added").await;
    world.sandbox.legacy.deactivate_tokens(&client.spreadsheet_id);
    world.sandbox.legacy.end_storms();
    let failed = world.until(&client.client_id, "failed").await.client.expect("a client");
    assert_eq!(failed.reason_code, "wb_token_not_listed");
    world.retry(&client.client_id).await.expect("resumes");
    world.until(&client.client_id, "active").await;
    world.end().await;
}

#[tokio::test]
async fn only_work_that_has_begun_is_tried_again() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let refusal = world.retry(&client.client_id).await.expect_err("nothing to retry");
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "client_stage_conflict"));
    world.users.accept(world.tenant, &client.client_id).await;
    world.until(&client.client_id, "active").await;
    let same = world.retry(&client.client_id).await.expect("stands as it is");
    assert_eq!(same.stage, "active");
    let refusal = world.retry(&Uuid::now_v7().to_string()).await.expect_err("missing");
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "client_not_found"));
    world.end().await;
}
