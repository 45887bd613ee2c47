//! Sending again.

use futures::future::join_all;
use kernel::Code;
use wire::{call, code_of, user::v1::ResendInviteRequest};

use crate::platform::{PASSWORD, Platform, reason, tenant};

#[tokio::test]
async fn sending_again_replaces_the_link_and_tells_of_it() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let old = platform.token(tenant, &invite.invite_id).await;
    let asked = ResendInviteRequest { invite_id: invite.invite_id.clone(), ..Default::default() };
    let sent = platform.invites().resend_invite(call(&platform.admin(tenant), asked)).await;
    assert_eq!(sent.expect("sends").into_inner().sends, 2);
    let new = platform.token(tenant, &invite.invite_id).await;
    assert_ne!(old, new);

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
    let sent = platform.invites().resend_invite(call(&platform.admin(tenant), asked)).await;
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
