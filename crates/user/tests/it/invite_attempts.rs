//! Wrong passwords over a link.

use kernel::Code;
use wire::{
    call, code_of,
    user::v1::{SetInvitePolicyRequest, ShowInvitationRequest},
};

use crate::platform::{PASSWORD, Platform, reason, tenant};

#[tokio::test]
async fn wrong_passwords_use_up_the_link_but_not_the_invitation() {
    let (platform, there) = (Platform::start().await, tenant());
    platform.admit(tenant(), "ann@example.com").await;
    let rules = SetInvitePolicyRequest { most_attempts: 3, ..Default::default() };
    platform.rule(there, rules).await;
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    for _ in 0..3 {
        let refused = platform.accept(&token, "another password of hers").await;
        assert_eq!(reason(&refused.expect_err("wrong")), "wrong_password");
    }
    let refused =
        platform.accept(&token, PASSWORD).await.expect_err("used up, even by the right one");
    let seen = (code_of(&refused).code, reason(&refused));
    assert_eq!(seen, (Code::Gone, "invitation_link_exhausted".into()));
    let asked = call(&platform.nobody(), ShowInvitationRequest { token: token.clone() });
    let shown = platform.invites().show_invitation(asked).await;
    assert_eq!(reason(&shown.expect_err("used up")), "invitation_link_exhausted");

    platform.resend(&platform.boss(there).await, &invite.invite_id).await.expect("sends");
    let refused = platform.accept(&token, PASSWORD).await.expect_err("no overlap for this one");
    assert_eq!(reason(&refused), "invitation_replaced");
    let fresh = platform.token(there, &invite.invite_id).await;
    platform.accept(&fresh, PASSWORD).await.expect("accepts");
    let kinds: Vec<_> =
        platform.steps(there, &invite.invite_id).await.into_iter().map(|(kind, _)| kind).collect();
    let wrong = "wrong_password";
    assert_eq!(kinds, ["created", wrong, wrong, wrong, "resent", "accepted"]);
}
