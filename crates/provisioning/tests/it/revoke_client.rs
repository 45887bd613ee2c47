//! Ending an onboarding by hand, at each stage.

use std::time::Duration;

use kernel::Code;
use sandbox::legacy::{Fault, Op};
use wire::{
    Refusal,
    provisioning::v1::{Client, RevokeClientRequest},
};

use crate::{
    add_wb_token::{add, token},
    invites::Mood,
    reprovision_client::reprovision,
    world::{World, answer, request},
};

pub(crate) async fn revoke(world: &World, client_id: &str) -> Result<Client, Refusal> {
    let request = RevokeClientRequest {
        client_id: client_id.into(),
        reason: "left us".into(),
        idempotency_key: String::new(),
    };
    let request = wire::call(&world.operator(world.tenant), request);
    answer(world.onboarding().revoke_client(request).await)
}

/// Waits until as many withdrawals of the client are done.
async fn withdrawals(world: &World, client_id: &str, wanted: i64) {
    let done = format!(
        "select count(*) from jobs
         where workflow = 'withdraw_client' and state = 'done' and split_part(key, '/', 1) = '{client_id}'"
    );
    world.until_count(&done, wanted).await;
}

/// Waits until what could be taken back is taken back.
async fn withdrawn(world: &World, client_id: &str) {
    withdrawals(world, client_id, 1).await;
    let sealed = format!("select count(wb_token) from clients where client_id = '{client_id}'");
    assert_eq!(world.count(&sealed).await, 0, "the token is destroyed");
    let standing = format!(
        "select count(*) from wb_tokens where replaced_at is null and client_id = '{client_id}'"
    );
    assert_eq!(world.count(&standing).await, 0);
}

#[tokio::test]
async fn an_invited_client_loses_its_invitation_and_a_late_acceptance_changes_nothing() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let id = client.client_id.as_str();
    let revoked = revoke(&world, id).await.expect("revokes");
    assert_eq!(
        (revoked.stage.as_str(), revoked.reason_code.as_str()),
        ("revoked", "revoked_by_hand")
    );
    assert!(revoked.reason.contains("left us"), "{}", revoked.reason);
    withdrawn(&world, id).await;
    assert_eq!(world.users.revoked(), [client.invite_id]);
    let calls = world.users.calls();
    let last = calls.last().expect("a call");
    assert!(last.user().is_none() && last.caller.as_deref() == Some("provisioning"));
    world.users.accept(world.tenant, id).await;
    world.heard_all().await;
    let same = revoke(&world, id).await.expect("once more");
    assert_eq!(same.stage, "revoked");
    assert_eq!(world.told("provisioning.client.advanced", id).await.len(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_client_under_way_has_its_run_cancelled() {
    let world = World::new().await;
    world.sandbox.legacy.begin_outage(Fault::RateLimited { retry_after: Some(600) });
    let client = world.begin(request("ann")).await;
    let id = client.client_id.as_str();
    world.until_job(id, "waiting").await;
    let revoked = revoke(&world, id).await.expect("revokes");
    assert!(revoked.reason.contains("switch them off there"), "{}", revoked.reason);
    let shown = world.until_job(id, "cancelled").await.client.expect("a client");
    assert_eq!((shown.stage.as_str(), shown.reason_code.as_str()), ("revoked", "revoked_by_hand"));
    withdrawn(&world, id).await;
    assert!(world.effects("sheet_ann").is_empty());
    world.end().await;
}

#[tokio::test]
async fn active_and_failed_clients_are_revoked_for_good() {
    let world = World::new().await;
    let fault = Fault::Refused { status: 400, message: "no".into() };
    world.sandbox.legacy.push_fault_for("sheet_bad", Op::Register, fault);
    for (name, stage) in [("good", "active"), ("bad", "failed")] {
        let client = world.begin(request(name)).await;
        let id = client.client_id.as_str();
        world.until(id, stage).await;
        let revoked = revoke(&world, id).await.expect("revokes");
        assert_eq!(revoked.stage, "revoked", "{stage}");
        withdrawn(&world, id).await;
        let refusals = [
            world.retry(id).await.expect_err("no retry"),
            reprovision(&world, id).await.expect_err("no new run"),
            add(&world, token(id, "another")).await.expect_err("no token"),
        ];
        for refusal in refusals {
            let face = (refusal.code, refusal.reason.as_str());
            assert_eq!(face, (Code::Conflict, "client_stage_conflict"), "{stage}");
        }
        assert_eq!(world.onboard(request(name)).await.expect("as it is").stage, "revoked");
    }
    world.end().await;
}

#[tokio::test]
async fn an_invitation_made_while_its_client_is_revoked_is_taken_back_and_the_job_is_told() {
    let world = World::new().await;
    world.users.set_mood(Mood::HoldAnswer);
    let revoking = async {
        let made = loop {
            match world.users.made().pop() {
                Some(made) => break made,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        let revoked = revoke(&world, &made.reference).await.expect("revokes");
        assert_eq!((revoked.stage.as_str(), revoked.invite_id.as_str()), ("revoked", ""));
        world.users.answer();
        made
    };
    let (onboarded, made) = tokio::join!(world.onboard(request("ann")), revoking);
    assert_eq!(onboarded.expect("answers").stage, "revoked");
    withdrawals(&world, &made.reference, 2).await;
    assert_eq!(world.users.revoked(), [made.invite_id.as_str()]);
    let told = format!(
        "select count(*) from outbox where kind = 'provisioning.job.moved' and data ->> 'verb' = 'started'
         and data ->> 'workflow' = 'withdraw_client' and data ->> 'clientId' = '{}'",
        made.reference
    );
    assert_eq!(world.count(&told).await, 2);
    world.end().await;
}
