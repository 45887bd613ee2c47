//! Ending an onboarding by hand, at each stage.

use kernel::Code;
use sandbox::legacy::{Fault, Op};
use wire::{
    Refusal,
    provisioning::v1::{Client, RevokeClientRequest},
};

use crate::{
    add_wb_token::{add, token},
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

/// Waits until what could be taken back is taken back.
async fn withdrawn(world: &World, client_id: &str) {
    world.until_count(
        &format!(
            "select count(*) from jobs where workflow = 'withdraw_client' and state = 'done' and key = '{client_id}'"
        ),
        1,
    )
    .await;
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
