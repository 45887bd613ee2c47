//! Telling of invitations that ended.

use crate::platform::{PASSWORD, Platform, tenant};

const TOLD: &str = "select count(*) from outbox where kind = 'user.invite.expired'";

#[tokio::test]
async fn an_end_is_told_once_however_many_look_and_again_after_another_sending() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    platform.admit(tenant, "bob@example.com").await;
    let boss = platform.boss(tenant).await;
    platform.app().tell_expired().await.expect("looks");
    assert_eq!(platform.database.count(TOLD).await, 0, "nothing has ended");
    platform.wait_hours(72);
    let look = || platform.app().tell_expired();
    let (one, two, three) = tokio::join!(look(), look(), look());
    one.and(two).and(three).expect("look");
    assert_eq!(platform.database.count(TOLD).await, 1);

    platform.resend(&boss, &invite.invite_id).await.expect("sends");
    platform.wait_hours(72);
    look().await.expect("looks");
    assert_eq!(platform.database.count(TOLD).await, 2);
    platform.resend(&boss, &invite.invite_id).await.expect("sends");
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.accept(&token, PASSWORD).await.expect("no stored word stands in the way");
    let kinds: Vec<_> =
        platform.steps(tenant, &invite.invite_id).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["created", "expired", "resent", "expired", "resent", "accepted"]);
}

#[tokio::test]
async fn an_invitation_that_makes_room_tells_its_end_itself() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let first = platform.invite(tenant, "ann@example.com").await;
    platform.wait_hours(72);
    let second = platform.invite(tenant, "ann@example.com").await;
    assert_ne!(first.invite_id, second.invite_id);
    assert_eq!(platform.database.count(TOLD).await, 1);
    platform.app().tell_expired().await.expect("looks");
    assert_eq!(platform.database.count(TOLD).await, 1);
}
