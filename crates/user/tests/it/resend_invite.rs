//! Sending again.

use std::time::Duration;

use futures::future::join_all;
use kernel::Code;
use wire::{
    call, code_of,
    user::v1::{ResendInviteRequest, SetInvitePolicyRequest},
};

use crate::platform::{PASSWORD, Platform, reason, tenant};

#[tokio::test]
async fn sending_again_replaces_the_link_after_the_overlap_and_tells_of_it() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let old = platform.token(tenant, &invite.invite_id).await;
    let asked = ResendInviteRequest { invite_id: invite.invite_id.clone(), ..Default::default() };
    let sent = platform.invites().resend_invite(call(&platform.boss(tenant).await, asked)).await;
    assert_eq!(sent.expect("sends").into_inner().sends, 2);
    let new = platform.token(tenant, &invite.invite_id).await;
    assert_ne!(old, new);

    platform.clock.advance(Duration::from_secs(15 * 60));
    let refused = platform.accept(&old, PASSWORD).await.expect_err("replaced");
    assert_eq!(
        (code_of(&refused).code, reason(&refused).as_str()),
        (Code::Gone, "invitation_replaced")
    );
    platform.accept(&new, PASSWORD).await.expect("accepts");
    let refused = platform.accept(&old, PASSWORD).await.expect_err("used");
    assert_eq!(reason(&refused), "invitation_used", "after the end the end matters more");
    let told = "select count(*) from outbox where kind = 'user.invite.resent' and (data->>'sends')::int = 2";
    assert_eq!(platform.database.count(told).await, 1);
}

#[tokio::test]
async fn an_invitation_is_sent_five_times_at_most() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let asked = ResendInviteRequest { invite_id: invite.invite_id, ..Default::default() };
    let admin = platform.admin(tenant);
    for sends in 2..=5 {
        let sent = platform.invites().resend_invite(call(&admin, asked.clone())).await;
        assert_eq!(sent.expect("sends").into_inner().sends, sends);
    }
    let refused = platform.invites().resend_invite(call(&admin, asked)).await.expect_err("enough");
    assert_eq!(
        (code_of(&refused).code, reason(&refused).as_str()),
        (Code::Exhausted, "resend_limit")
    );
}

#[tokio::test]
async fn an_expired_invitation_lives_again_when_it_is_sent_again() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    platform.wait_hours(100);
    let asked = ResendInviteRequest { invite_id: invite.invite_id.clone(), ..Default::default() };
    let sent = platform.invites().resend_invite(call(&platform.boss(tenant).await, asked)).await;
    assert_eq!(sent.expect("sends").into_inner().status, "pending");
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.accept(&token, PASSWORD).await.expect("accepts");
}

#[tokio::test]
async fn sending_again_with_a_key_is_done_once_however_often_it_is_asked_for() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let other = platform.invite(tenant, "bob@example.com").await;
    let admin = platform.admin(tenant);
    let ask = |invite_id: &str| ResendInviteRequest {
        invite_id: invite_id.into(),
        idempotency_key: "again".into(),
    };
    let send = async |asked| platform.invites().resend_invite(call(&admin, asked)).await;
    for sent in join_all((0..6).map(|_| send(ask(&invite.invite_id)))).await {
        assert_eq!(sent.expect("sends").into_inner().sends, 2);
    }
    let refused = send(ask(&other.invite_id)).await.expect_err("another request");
    assert_eq!(reason(&refused), "idempotency_key_reused");
    let told = "select count(*) from outbox where kind = 'user.invite.resent'";
    assert_eq!(platform.database.count(told).await, 1);
}

#[tokio::test]
async fn the_former_link_works_for_the_overlap_and_is_used_up_with_the_newest() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let old = platform.token(tenant, &invite.invite_id).await;
    let boss = platform.boss(tenant).await;
    let sent = platform.resend(&boss, &invite.invite_id).await.expect("sends");
    assert_eq!(sent.invite_id, invite.invite_id, "the invitation stays the same");
    platform.clock.advance(Duration::from_secs(15 * 60 - 1));
    let new = platform.token(tenant, &invite.invite_id).await;
    platform.accept(&old, PASSWORD).await.expect("the letter on its way still works");
    for used in [&old, &new] {
        let refused = platform.accept(used, PASSWORD).await.expect_err("used");
        assert_eq!(reason(&refused), "invitation_used");
    }
}

#[tokio::test]
async fn without_an_overlap_and_after_its_end_a_former_link_is_dead_at_once() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let lapsed = platform.invite(tenant, "ann@example.com").await;
    let ended = platform.token(tenant, &lapsed.invite_id).await;
    platform.wait_hours(72);
    platform.resend(&platform.admin(tenant), &lapsed.invite_id).await.expect("sends");
    let rules = SetInvitePolicyRequest { overlap_minutes: Some(0), ..Default::default() };
    platform.rule(tenant, rules).await;
    let other = platform.invite(tenant, "bob@example.com").await;
    let replaced = platform.token(tenant, &other.invite_id).await;
    platform.resend(&platform.admin(tenant), &other.invite_id).await.expect("sends");
    for dead in [ended, replaced] {
        let refused = platform.accept(&dead, PASSWORD).await.expect_err("dead");
        assert_eq!(reason(&refused), "invitation_replaced");
    }
}

#[tokio::test]
async fn one_address_gets_ten_letters_a_day_over_all_its_invitations() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let admin = platform.admin(tenant);
    let revoke = async |invite_id: String| {
        let asked = call(&admin, wire::user::v1::RevokeInviteRequest { invite_id });
        platform.invites().revoke_invite(asked).await.expect("revokes");
    };
    for _ in 0..2 {
        let invite = platform.invite(tenant, "ann@example.com").await;
        for _ in 2..=5 {
            platform.resend(&admin, &invite.invite_id).await.expect("sends");
        }
        revoke(invite.invite_id).await;
    }
    let ask = || call(&admin, crate::platform::ask("ann@example.com"));
    let refused = platform.invites().create_invite(ask()).await.expect_err("enough");
    assert_eq!(
        (code_of(&refused).code, reason(&refused).as_str()),
        (Code::Exhausted, "recipient_budget")
    );
    assert_eq!(code_of(&refused).retry_after, Some(Duration::from_secs(24 * 3600)));
    platform.invite(tenant, "bob@example.com").await;
    platform.wait_hours(24);
    platform.invites().create_invite(ask()).await.expect("another day");
}
