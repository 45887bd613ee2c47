//! Showing what a link opens.

use futures::future::join_all;
use wire::{
    call,
    user::v1::{GetInviteRequest, Invitation, SetInvitePolicyRequest, ShowInvitationRequest},
};

use crate::platform::{PASSWORD, Platform, reason, tenant};

/// Shows the page to a person, or to a machine.
async fn show(platform: &Platform, token: &str, seen: bool) -> Invitation {
    let asked = ShowInvitationRequest { token: token.into(), seen };
    let shown = platform.invites().show_invitation(call(&platform.nobody(), asked)).await;
    shown.expect("shows").into_inner()
}

#[tokio::test]
async fn that_a_person_looked_is_noted_once_where_the_tenant_wants_to_know() {
    let (platform, here) = (Platform::start().await, tenant());
    let invite = platform.invite(here, "ann@example.com").await;
    let id = invite.invite_id.as_str();
    let kinds =
        async || platform.steps(here, id).await.into_iter().map(|step| step.0).collect::<Vec<_>>();
    let delivery = async || {
        let asked = call(&platform.admin(here), GetInviteRequest { invite_id: id.into() });
        platform.invites().get_invite(asked).await.expect("shows").into_inner().delivery
    };
    let token = platform.token(here, id).await;
    show(&platform, &token, true).await;
    assert_eq!(kinds().await, ["created"], "not unless the tenant says so");
    platform
        .rule(here, SetInvitePolicyRequest { openings_noted: true, ..Default::default() })
        .await;
    show(&platform, &token, false).await;
    assert_eq!(
        (kinds().await.len(), delivery().await.as_str()),
        (1, "queued"),
        "no machine counts"
    );
    join_all((0..8).map(|_| show(&platform, &token, true))).await;
    assert_eq!(kinds().await, ["created", "opened"]);
    assert_eq!(delivery().await, "opened");
    // Each letter for itself: the former link says nothing of the newest.
    platform.resend(&platform.boss(here).await, id).await.expect("sends");
    show(&platform, &token, true).await;
    assert_eq!(delivery().await, "queued");
    let newest = platform.token(here, id).await;
    show(&platform, &newest, true).await;
    assert_eq!(platform.steps(here, id).await[3], ("opened".into(), 2));
    platform.accept(&newest, PASSWORD).await.expect("accepts");
    assert_eq!(kinds().await, ["created", "opened", "resent", "opened", "accepted"]);
}

#[tokio::test]
async fn a_scanner_that_opens_the_link_again_and_again_uses_nothing_up() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    for _ in 0..3 {
        let asked = ShowInvitationRequest { token: token.clone(), seen: false };
        let shown = platform.invites().show_invitation(call(&platform.nobody(), asked)).await;
        let shown = shown.expect("shows").into_inner();
        assert_eq!(
            (shown.tenant_name.as_str(), shown.email.as_str()),
            ("Math & Art", "ann@example.com")
        );
        assert!(shown.needs_password);
        assert_eq!(shown.expires_at, invite.expires_at);
        assert_eq!(shown.tenant_id, tenant.to_string());
    }
    platform.accept(&token, PASSWORD).await.expect("accepts");
    let asked = ShowInvitationRequest { token, seen: false };
    let shown = platform.invites().show_invitation(call(&platform.nobody(), asked)).await;
    assert_eq!(reason(&shown.expect_err("used")), "invitation_used");
}

#[tokio::test]
async fn who_has_a_password_is_not_asked_to_choose_one() {
    let (platform, there) = (Platform::start().await, tenant());
    platform.admit(tenant(), "ann@example.com").await;
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    let asked = call(&platform.nobody(), ShowInvitationRequest { token, seen: false });
    let shown = platform.invites().show_invitation(asked).await.expect("shows").into_inner();
    assert!(!shown.needs_password);
}
