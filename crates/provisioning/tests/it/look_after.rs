//! What is noticed as time passes: tokens that come to their end, clients that take too long.

use std::time::Duration;

use sandbox::legacy::{Fault, Op};
use wire::provisioning::v1::OnboardClientRequest;

use crate::{
    add_wb_token::{add, token},
    provision_workspace::{of_member, provision},
    revoke_client::revoke,
    troubles::open,
    world::{HOUR, MINUTE, World, request, token_until},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A client whose token ends in so many days.
fn ending_in(name: &str, days: u32) -> OnboardClientRequest {
    let end = jiff::Timestamp::now().as_second() + i64::from(days) * 86_400;
    OnboardClientRequest { wb_token: token_until(name, end), ..request(name) }
}

#[tokio::test]
async fn each_threshold_of_a_tokens_end_is_told_once_however_many_look() {
    let world = World::new().await;
    let client = world.begin(ending_in("ann", 30)).await;
    let id = client.client_id.as_str();
    let bob = world.begin(ending_in("bob", 90)).await;
    // Whoever is not active by then is late, and would be told of as well.
    for id in [id, &bob.client_id] {
        world.until(id, "active").await;
    }
    assert_eq!(world.look_after(15 * DAY, 4).await.tokens, 0, "half a month is no news");
    for (days, left) in [(16, 14), (17, 14), (23, 7), (29, 1)] {
        world.look_after(days * DAY + MINUTE, 4).await;
        let told = world.told("provisioning.token.expiring", id).await;
        assert_eq!(told.last().expect("a fact")["days"], left, "after {days} days");
    }
    let told = world.told("provisioning.token.expiring", id).await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0]["hint"].as_str(), Some(client.wb_token_hint.as_str()));
    assert!(world.told("provisioning.token.expired", id).await.is_empty());
    assert_eq!(world.look_after(31 * DAY, 4).await.tokens, 1);
    assert_eq!(world.look_after(32 * DAY, 4).await.tokens, 0);
    assert_eq!(world.told("provisioning.token.expired", id).await.len(), 1);
    let shown = world.status(id).await.expect("a client").client.expect("a client");
    assert_eq!((shown.stage.as_str(), shown.reason_code.as_str()), ("active", "wb_token_expired"));
    let queue = open(&world).await;
    assert_eq!((queue[0].kind.as_str(), queue[0].action.as_str()), ("degraded", "fix_token"));
    add(&world, token(id, "fresh")).await.expect("replaces");
    world.until_job(id, "done").await;
    assert!(open(&world).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn thresholds_slept_through_are_one_word_and_a_replaced_or_destroyed_token_is_no_news() {
    let world = World::new().await;
    let [late, replaced, revoked] = ["late", "replaced", "revoked"];
    let mut ids = Vec::new();
    for name in [late, replaced, revoked] {
        ids.push(world.onboard(ending_in(name, 20)).await.expect("onboards").client_id);
    }
    add(&world, token(&ids[1], "fresh")).await.expect("replaces");
    revoke(&world, &ids[2]).await.expect("revokes");
    world.until_count("select count(*) from wb_tokens where replaced_at is null", 2).await;
    assert_eq!(world.look_after(19 * DAY + HOUR, 2).await.tokens, 1);
    let told = world.told("provisioning.token.expiring", &ids[0]).await;
    assert_eq!((told.len(), told[0]["days"].as_i64()), (1, Some(1)));
    for id in &ids[1..] {
        assert!(world.told("provisioning.token.expiring", id).await.is_empty());
    }
    world.end().await;
}

#[tokio::test]
async fn a_client_that_is_not_active_in_time_is_escalated_once() {
    let world = World::enduring().await;
    world.sandbox.legacy.begin_outage(Fault::RateLimited { retry_after: Some(1) });
    let client = world.begin(request("ann")).await;
    let id = client.client_id.as_str();
    world.until(id, "email_confirmed").await;
    let bob = world.users.admit("bob@example.com", "active");
    let bob = provision(&world, of_member(&bob)).await.expect("provisions");
    let bob = bob.client.expect("a client").client_id;
    assert_eq!(world.look_after(19 * MINUTE, 3).await, provisioning::Swept::default());
    let swept = world.look_after(21 * MINUTE, 3).await;
    assert_eq!((swept.late, swept.escalated), (2, 2));
    world.look_after(3 * HOUR, 3).await;
    for (id, reason, action) in [(id, "overdue", "retry"), (&bob, "wb_token_missing", "fix_token")]
    {
        let told = world.told("provisioning.client.escalated", id).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            (told[0]["kind"].as_str(), told[0]["reason"].as_str()),
            (Some("overdue"), Some(reason))
        );
        assert_eq!(told[0]["action"].as_str(), Some(action));
    }
    world.sandbox.legacy.end_outage();
    world.until(id, "active").await;
    let queue = open(&world).await;
    assert_eq!(queue.len(), 1, "who is active needs nobody");
    assert_eq!(queue[0].client_id, bob);
    world.end().await;
}

#[tokio::test]
async fn a_failed_client_that_nobody_touches_is_escalated_after_an_hour() {
    let world = World::new().await;
    let fault = Fault::Refused { status: 400, message: "no".into() };
    world.sandbox.legacy.push_fault_for("sheet_ann", Op::Register, fault);
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "failed").await;
    assert_eq!(world.look_after(50 * MINUTE, 3).await.escalated, 0);
    assert_eq!(world.look_after(61 * MINUTE, 3).await.escalated, 1);
    assert_eq!(world.look_after(5 * HOUR, 3).await.escalated, 0);
    let told = world.told("provisioning.client.escalated", &client.client_id).await;
    assert_eq!((told.len(), told[0]["action"].as_str()), (1, Some("ask_backend")));
    assert!(open(&world).await[0].escalated_at.is_some());
    world.end().await;
}

#[tokio::test]
async fn a_client_that_did_not_accept_is_to_be_asked_and_leaves_the_queue_by_accepting() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    assert_eq!(world.look_after(MINUTE, 2).await.late, 0);
    assert_eq!(world.look_after(2 * HOUR, 2).await.late, 1);
    assert_eq!(world.look_after(9 * HOUR, 2).await, provisioning::Swept::default());
    let queue = open(&world).await;
    let face = (queue[0].kind.as_str(), queue[0].reason.as_str(), queue[0].action.as_str());
    assert_eq!(face, ("unaccepted", "invite_expired", "ask_to_accept"));
    world.users.accept(world.tenant, &client.client_id).await;
    world.until(&client.client_id, "active").await;
    assert!(open(&world).await.is_empty());
    world.end().await;
}
