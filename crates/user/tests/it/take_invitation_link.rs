//! Handing the link to whoever made the invitation.

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::Status;
use wire::{
    call,
    user::v1::{InvitationLink, Invite, ResendInviteRequest, TakeInvitationLinkRequest},
};

use crate::platform::{Platform, ask, reason, tenant};

async fn take(platform: &Platform, cx: &Cx, invite: &Invite) -> Result<InvitationLink, Status> {
    let asked = TakeInvitationLinkRequest { invite_id: invite.invite_id.clone() };
    let taken = platform.invites().take_invitation_link(call(cx, asked)).await;
    taken.map(tonic::Response::into_inner)
}

async fn made(platform: &Platform, tenant: TenantId) -> (Cx, Invite) {
    let maker = platform.boss(tenant).await;
    let invite = platform.invites().create_invite(call(&maker, ask("ann@example.com"))).await;
    (maker, invite.expect("invites").into_inner())
}

#[tokio::test]
async fn of_eight_askers_at_once_the_maker_gets_the_mailed_link_once() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let (maker, invite) = made(&platform, tenant).await;
    let all = join_all((0..8).map(|_| take(&platform, &maker, &invite))).await;
    let taken: Vec<_> = all.iter().flatten().collect();
    assert_eq!(taken.len(), 1);
    let token = platform.token(tenant, &invite.invite_id).await;
    assert!(taken[0].url.ends_with(&token));
    for refused in all.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(reason(refused), "link_taken");
    }
    let audited = "select count(*) from audit_events where action = 'invite.link.take'";
    assert_eq!(platform.database.count(audited).await, 1);
}

#[tokio::test]
async fn whoever_did_not_make_the_invitation_does_not_get_its_link() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let (maker, invite) = made(&platform, tenant).await;
    let colleague = platform.admin(tenant);
    let refused = take(&platform, &colleague, &invite).await.expect_err("not the maker");
    assert_eq!(reason(&refused), "link_taken");
    let stranger = platform.admin(self::tenant());
    let refused = take(&platform, &stranger, &invite).await.expect_err("another tenant's");
    assert_eq!(reason(&refused), "invitation_not_found");
    take(&platform, &maker, &invite).await.expect("the maker still may");
}

#[tokio::test]
async fn a_link_that_was_replaced_or_used_is_not_handed_out() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let (maker, invite) = made(&platform, tenant).await;
    let again = ResendInviteRequest { invite_id: invite.invite_id.clone(), ..Default::default() };
    platform.invites().resend_invite(call(&maker, again)).await.expect("sends");
    let refused = take(&platform, &maker, &invite).await.expect_err("replaced");
    assert_eq!(reason(&refused), "link_taken");
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.accept(&token, crate::platform::PASSWORD).await.expect("accepts");
    let refused = take(&platform, &maker, &invite).await.expect_err("used");
    assert_eq!(reason(&refused), "invitation_used");
}
