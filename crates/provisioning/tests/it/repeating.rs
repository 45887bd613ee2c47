//! Every call that changes something may be repeated with its key: it does nothing twice.

use futures::future::join_all;
use kernel::{Code, Cx};
use sandbox::legacy::{Fault, Op};
use wire::{
    Refusal,
    provisioning::v1::{
        AddWbTokenRequest, OnboardClientRequest, ProvisionWorkspaceRequest,
        ReprovisionClientRequest, RetryClientRequest, RevokeClientRequest,
    },
};

use crate::{
    add_wb_token::token,
    provision_workspace::of_member,
    world::{World, answer, request, wb_token},
};

/// A call that changes something, with the key in its body; answers the client's id.
#[derive(Debug, Clone)]
enum Call {
    Onboard(OnboardClientRequest),
    Retry(RetryClientRequest),
    Reprovision(ReprovisionClientRequest),
    Revoke(RevokeClientRequest),
    AddToken(AddWbTokenRequest),
    Provision(ProvisionWorkspaceRequest),
}

impl Call {
    async fn send(self, world: &World, cx: &Cx) -> Result<String, Refusal> {
        let (mut onboarding, mut workspaces) = (world.onboarding(), world.workspaces());
        let id =
            |client: Option<wire::provisioning::v1::Client>| client.expect("a client").client_id;
        match self {
            Self::Onboard(it) => answer(onboarding.onboard_client(wire::call(cx, it)).await)
                .map(|client| client.client_id),
            Self::Retry(it) => answer(onboarding.retry_client(wire::call(cx, it)).await)
                .map(|client| client.client_id),
            Self::Revoke(it) => answer(onboarding.revoke_client(wire::call(cx, it)).await)
                .map(|client| client.client_id),
            Self::Reprovision(it) => {
                answer(onboarding.reprovision_client(wire::call(cx, it)).await)
                    .map(|status| id(status.client))
            }
            Self::AddToken(it) => answer(workspaces.add_wb_token(wire::call(cx, it)).await)
                .map(|status| id(status.client)),
            Self::Provision(it) => answer(workspaces.provision_workspace(wire::call(cx, it)).await)
                .map(|status| id(status.client)),
        }
    }
}

/// What the calls have left behind so far.
async fn traces(world: &World) -> [i64; 4] {
    [
        world.count("select count(*) from jobs").await,
        world.count("select count(*) from wb_tokens").await,
        world.count("select count(*) from audit_events where actor like 'user:%'").await,
        i64::try_from(world.users.made().len()).expect("few"),
    ]
}

/// The call once, the same again, eight times at once, and another payload under its key.
async fn hold(world: &World, call: Call, other: Call) {
    let cx = world.operator(world.tenant);
    let sends = (0..8).map(|_| call.clone().send(world, &cx));
    let ids = join_all(sends).await;
    let first = ids[0].as_ref().unwrap_or_else(|refusal| panic!("{call:?}: {refusal:?}"));
    for id in &ids {
        assert_eq!(id.as_ref().expect("the same answer"), first, "{call:?}");
    }
    world.quiet().await;
    let before = traces(world).await;
    assert_eq!(call.clone().send(world, &cx).await.as_ref(), Ok(first));
    let refusal = other.clone().send(world, &cx).await.expect_err("another payload");
    let face = (refusal.code, refusal.reason.as_str());
    assert_eq!(face, (Code::Conflict, "idempotency_key_reused"), "{other:?}");
    world.quiet().await;
    assert_eq!(traces(world).await, before, "{call:?} was done again");
}

#[tokio::test]
async fn every_change_with_a_key_is_done_once_however_often_it_is_asked_for() {
    let world = World::new().await;
    let key = |name: &str| format!("key-{name}");
    let onboard = OnboardClientRequest { idempotency_key: key("onboard"), ..request("ann") };
    let other = OnboardClientRequest { name: "Other".into(), ..onboard.clone() };
    hold(&world, Call::Onboard(onboard.clone()), Call::Onboard(other)).await;
    let ann = world.users.made()[0].reference.clone();
    world.users.accept(world.tenant, &ann).await;
    world.until(&ann, "active").await;
    let dan = world.onboard(request("dan")).await.expect("onboards").client_id;

    let again = ReprovisionClientRequest { client_id: ann.clone(), idempotency_key: key("again") };
    let other = ReprovisionClientRequest { client_id: dan, ..again.clone() };
    hold(&world, Call::Reprovision(again), Call::Reprovision(other)).await;

    let replace = AddWbTokenRequest { idempotency_key: key("token"), ..token(&ann, "another") };
    let other = AddWbTokenRequest { wb_token: wb_token("third"), ..replace.clone() };
    hold(&world, Call::AddToken(replace), Call::AddToken(other)).await;

    let member = world.users.admit("eve@example.com", "active");
    let bind = ProvisionWorkspaceRequest { idempotency_key: key("bind"), ..of_member(&member) };
    let other = ProvisionWorkspaceRequest { owner_email: String::new(), ..bind.clone() };
    hold(&world, Call::Provision(bind), Call::Provision(other)).await;

    let fault = Fault::Refused { status: 400, message: "no".into() };
    world.sandbox.legacy.push_fault_for("sheet_carl", Op::Register, fault);
    let carl = world.begin(request("carl")).await.client_id;
    world.until(&carl, "failed").await;
    let retry = RetryClientRequest { client_id: carl.clone(), idempotency_key: key("retry") };
    let other = RetryClientRequest { client_id: ann.clone(), ..retry.clone() };
    hold(&world, Call::Retry(retry), Call::Retry(other)).await;

    let revoke = RevokeClientRequest {
        client_id: carl,
        reason: "left".into(),
        idempotency_key: key("revoke"),
    };
    let other = RevokeClientRequest { reason: "stayed".into(), ..revoke.clone() };
    hold(&world, Call::Revoke(revoke), Call::Revoke(other)).await;
    world.end().await;
}

#[tokio::test]
async fn a_key_in_the_header_counts_as_one_in_the_body_and_may_not_differ_from_it() {
    let world = World::new().await;
    let cx = Cx { idempotency_key: Some("header".into()), ..world.operator(world.tenant) };
    let by_header = Call::Onboard(request("ann")).send(&world, &cx).await.expect("onboards");
    let same = OnboardClientRequest { idempotency_key: "header".into(), ..request("ann") };
    assert_eq!(Call::Onboard(same.clone()).send(&world, &cx).await.as_ref(), Ok(&by_header));
    let body_only = Cx { idempotency_key: None, ..cx.clone() };
    assert_eq!(Call::Onboard(same).send(&world, &body_only).await.as_ref(), Ok(&by_header));
    let other = OnboardClientRequest { idempotency_key: "body".into(), ..request("ann") };
    let refusal = Call::Onboard(other).send(&world, &cx).await.expect_err("two keys");
    assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, "idempotencyKey"));
    world.end().await;
}
