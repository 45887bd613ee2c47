//! Showing what a link opens.

use wire::{call, user::v1::ShowInvitationRequest};

use crate::platform::{PASSWORD, Platform, reason, tenant};

#[tokio::test]
async fn a_scanner_that_opens_the_link_again_and_again_uses_nothing_up() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    for _ in 0..3 {
        let asked = ShowInvitationRequest { token: token.clone() };
        let shown = platform.invites().show_invitation(call(&platform.nobody(), asked)).await;
        let shown = shown.expect("shows").into_inner();
        assert_eq!(
            (shown.tenant_name.as_str(), shown.email.as_str()),
            ("Math & Art", "ann@example.com")
        );
        assert!(shown.needs_password);
        assert_eq!(shown.expires_at, invite.expires_at);
    }
    platform.accept(&token, PASSWORD).await.expect("accepts");
    let asked = ShowInvitationRequest { token };
    let shown = platform.invites().show_invitation(call(&platform.nobody(), asked)).await;
    assert_eq!(reason(&shown.expect_err("used")), "invitation_used");
}

#[tokio::test]
async fn who_has_a_password_is_not_asked_to_choose_one() {
    let (platform, there) = (Platform::start().await, tenant());
    platform.admit(tenant(), "ann@example.com").await;
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    let asked = call(&platform.nobody(), ShowInvitationRequest { token });
    let shown = platform.invites().show_invitation(asked).await.expect("shows").into_inner();
    assert!(!shown.needs_password);
}
