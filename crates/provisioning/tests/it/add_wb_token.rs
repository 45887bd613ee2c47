//! Giving and replacing a marketplace token.

use kernel::Code;
use sandbox::legacy::{Fault, Op};
use wire::{
    Refusal,
    provisioning::v1::{AddWbTokenRequest, ClientStatus, ListWbTokensRequest, WbToken},
};

use crate::world::{World, answer, request, token_until, wb_token};

/// Gives the client a token of this seller.
pub(crate) fn token(client_id: &str, seller: &str) -> AddWbTokenRequest {
    AddWbTokenRequest {
        client_id: client_id.into(),
        wb_token: wb_token(seller),
        reason: "the old one leaked".into(),
        idempotency_key: String::new(),
    }
}

pub(crate) async fn add(
    world: &World,
    request: AddWbTokenRequest,
) -> Result<ClientStatus, Refusal> {
    let request = wire::call(&world.operator(world.tenant), request);
    answer(world.workspaces().add_wb_token(request).await)
}

async fn history(world: &World, client_id: &str) -> Vec<WbToken> {
    let request = ListWbTokensRequest { client_id: client_id.into() };
    let request = wire::call(&world.operator(world.tenant), request);
    answer(world.workspaces().list_wb_tokens(request).await).expect("lists").tokens
}

#[tokio::test]
async fn an_active_client_stays_active_while_another_token_is_brought_to_the_backend() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    let id = client.client_id.as_str();
    world.until(id, "active").await;
    let first = world.status(id).await.expect("a client").job_id;
    let slow = Fault::RateLimited { retry_after: Some(1) };
    world.sandbox.legacy.push_fault_for("sheet_ann", Op::TokensAdd, slow);
    let begun = add(&world, token(id, "another")).await.expect("replaces");
    assert_eq!(begun.client.as_ref().expect("a client").stage, "active");
    assert_ne!(begun.job_id, first);
    let done = world.until_job(id, "done").await;
    assert_eq!(done.client.expect("a client").stage, "active");
    let sheets = world.sandbox.legacy.spreadsheets();
    let sellers: Vec<_> = sheets[0].tokens.iter().map(|token| token.sid.as_str()).collect();
    assert!(sellers.contains(&"another"), "{sellers:?}");
    let told = world.told("provisioning.token.replaced", id).await;
    assert_eq!((told.len(), told[0]["reason"].as_str()), (1, Some("the old one leaked")));
    assert_eq!(world.told("provisioning.client.refreshed", id).await.len(), 1);
    assert_eq!(world.told("provisioning.client.advanced", id).await.len(), 5, "no stage moved");
    let tokens = history(&world, id).await;
    let [standing, former] = tokens.as_slice() else { panic!("two tokens, not {tokens:?}") };
    assert!(standing.replaced_at.is_none() && former.replaced_at.is_some());
    assert_eq!((standing.seller.as_str(), former.seller.as_str()), ("another", "ann"));
    assert_eq!(former.hint, client.wb_token_hint);
    assert_eq!(told[0]["formerHint"].as_str(), Some(former.hint.as_str()));
    assert!(standing.added_by.starts_with("user:"));
    world.end().await;
}

#[tokio::test]
async fn a_token_that_does_not_work_leaves_the_client_active_and_shows_why() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    let id = client.client_id.as_str();
    world.until(id, "active").await;
    let fault = Fault::Refused { status: 400, message: "bad token".into() };
    world.sandbox.legacy.push_fault_for("sheet_ann", Op::TokensAdd, fault);
    add(&world, token(id, "another")).await.expect("replaces");
    let shown = world.until_job(id, "failed").await.client.expect("a client");
    assert_eq!((shown.stage.as_str(), shown.reason_code.as_str()), ("active", "legacy_rejected"));
    assert!(shown.reason.contains("bad token"), "{}", shown.reason);
    assert_eq!(world.told("provisioning.client.degraded", id).await.len(), 1);
    world.retry(id).await.expect("tries again");
    let mended = world.until_job(id, "done").await.client.expect("a client");
    assert!(mended.reason.is_empty() && mended.reason_code.is_empty());
    assert_eq!(mended.stage, "active");
    world.end().await;
}

#[tokio::test]
async fn a_failed_client_goes_on_with_the_token_it_is_given() {
    let world = World::new().await;
    let fault = Fault::Refused { status: 400, message: "bad token".into() };
    world.sandbox.legacy.push_fault_for("sheet_ann", Op::TokensAdd, fault);
    let client = world.begin(request("ann")).await;
    let id = client.client_id.as_str();
    world.until(id, "failed").await;
    let begun = add(&world, token(id, "another")).await.expect("replaces");
    assert_ne!(begun.client.expect("a client").stage, "failed");
    world.until(id, "active").await;
    world.end().await;
}

#[tokio::test]
async fn a_token_replaced_under_way_makes_a_new_run_that_waits_for_the_end_of_the_old_one() {
    let world = World::enduring().await;
    world.sandbox.legacy.begin_outage(Fault::RateLimited { retry_after: Some(1) });
    let client = world.begin(request("ann")).await;
    let id = client.client_id.as_str();
    world.until(id, "email_confirmed").await;
    add(&world, token(id, "second")).await.expect("replaces");
    add(&world, token(id, "third")).await.expect("replaces again");
    world.sandbox.legacy.end_outage();
    world.until(id, "active").await;
    let sheets = world.sandbox.legacy.spreadsheets();
    let sellers: Vec<_> = sheets[0].tokens.iter().map(|token| token.sid.as_str()).collect();
    assert_eq!(sellers, ["third"], "only the last token ever reached the backend");
    let open = "select count(*) from jobs where state in ('queued', 'running', 'waiting')";
    assert_eq!(world.count(open).await, 0);
    assert_eq!(history(&world, id).await.len(), 3);
    world.end().await;
}

#[tokio::test]
async fn a_token_for_a_client_that_has_not_accepted_waits_with_it() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let id = client.client_id.as_str();
    let kept = add(&world, token(id, "another")).await.expect("keeps");
    assert_eq!((kept.job_state.as_str(), kept.job_id.as_str()), ("none", ""));
    world.users.accept(world.tenant, id).await;
    world.until(id, "active").await;
    let sheets = world.sandbox.legacy.spreadsheets();
    assert_eq!(sheets[0].tokens[0].sid, "another");
    world.end().await;
}

#[tokio::test]
async fn bad_tokens_and_replacements_without_a_reason_are_refused() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let good = || token(&client.client_id, "another");
    let long = "x".repeat(301);
    let cases = [
        ("client_id", AddWbTokenRequest { client_id: "ann".into(), ..good() }),
        ("wb_token", AddWbTokenRequest { wb_token: "canary".into(), ..good() }),
        ("wb_token", AddWbTokenRequest { wb_token: token_until("canary", 5), ..good() }),
        ("reason", AddWbTokenRequest { reason: String::new(), ..good() }),
        ("reason", AddWbTokenRequest { reason: long, ..good() }),
        ("reason", AddWbTokenRequest { reason: wb_token("canary"), ..good() }),
        ("idempotencyKey", AddWbTokenRequest { idempotency_key: "two words".into(), ..good() }),
    ];
    for (field, bad) in cases {
        let refusal = add(&world, bad).await.expect_err(field);
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, field));
        assert!(!format!("{refusal:?}").contains("canary"), "{refusal:?}");
    }
    let same = AddWbTokenRequest { wb_token: wb_token("ann"), reason: String::new(), ..good() };
    add(&world, same).await.expect("the token that stands needs no reason");
    assert_eq!(history(&world, &client.client_id).await.len(), 1);
    let missing = token(&uuid::Uuid::now_v7().to_string(), "another");
    assert_eq!(add(&world, missing).await.expect_err("missing").reason, "client_not_found");
    world.end().await;
}
