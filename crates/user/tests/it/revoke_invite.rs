//! Taking back.

use wire::{call, user::v1::RevokeInviteRequest};

use crate::platform::{Platform, reason, tenant};

#[tokio::test]
async fn taking_back_twice_tells_once_and_frees_the_address() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let asked = RevokeInviteRequest { invite_id: invite.invite_id.clone() };
    for _ in 0..2 {
        let revoked =
            platform.invites().revoke_invite(call(&platform.admin(tenant), asked.clone())).await;
        assert_eq!(revoked.expect("revokes").into_inner().status, "revoked");
    }
    let told = "select count(*) from outbox where kind = 'user.invite.revoked'";
    assert_eq!(platform.database.count(told).await, 1);
    let next = platform.invite(tenant, "ann@example.com").await;
    assert_ne!(next.invite_id, invite.invite_id);
}

#[tokio::test]
async fn an_accepted_invitation_cannot_be_taken_back() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let accepted = platform.admit(tenant, "ann@example.com").await;
    let asked = RevokeInviteRequest { invite_id: accepted.invite_id };
    let refused = platform.invites().revoke_invite(call(&platform.admin(tenant), asked)).await;
    assert_eq!(reason(&refused.expect_err("accepted")), "invitation_used");
}
