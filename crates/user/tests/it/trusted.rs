//! What the platform's trust alone lets in is audited, whether it changes something or only looks.

use kernel::UserId;
use testkit::eventually;
use wire::{
    call,
    user::v1::{ListMembersRequest, RevokeInviteRequest},
};

use crate::platform::{Platform, tenant};

#[tokio::test]
async fn every_use_of_the_bypass_stands_in_the_tenants_audit() {
    let (platform, here) = (Platform::start().await, tenant());
    let invite_id = platform.invite(here, "ann@example.com").await.invite_id;
    let root = UserId::from(uuid::Uuid::now_v7());
    let by_right = platform.trusted(root, here, &["user.members.read", "user.invites.create"]);
    platform
        .people()
        .list_members(call(&by_right, ListMembersRequest::default()))
        .await
        .expect("lists");
    let by_trust = platform.trusted(root, here, &[]);
    platform
        .people()
        .list_members(call(&by_trust, ListMembersRequest::default()))
        .await
        .expect("lists");
    platform
        .invites()
        .revoke_invite(call(&by_trust, RevokeInviteRequest { invite_id }))
        .await
        .expect("revokes");
    let told = "select coalesce(string_agg(split_part(target, ':', 1), ', ' order by target), '') from audit_events where action = 'access.trusted'";
    eventually("both are audited", async || {
        platform.database.text(told).await
            == "/usher.user.v1.People/ListMembers, invite.revoke invite"
    })
    .await;
    let whose = "select count(distinct actor || tenant_id) from audit_events where action = 'access.trusted'";
    assert_eq!(platform.database.count(whose).await, 1);
}
