//! The rights of whoever invited, measured again on acceptance; and the tenant's own state.

use kernel::Code;
use wire::{call, code_of, user::v1::ShowInvitationRequest};

use crate::platform::{PASSWORD, Platform, ask, reason, tenant};

#[tokio::test]
async fn an_inviter_who_was_removed_or_demoted_lets_nobody_in_until_another_sends_it_again() {
    for change in [
        "update memberships set status = 'disabled'",
        "update role_bindings set role = 'user'",
        "update users set status = 'disabled' where email = 'boss@example.com'",
    ] {
        let (platform, tenant) = (Platform::start().await, tenant());
        let (_, boss) = platform.staff(tenant, "boss@example.com", "admin").await;
        let invite = platform.invites().create_invite(call(&boss, ask("ann@example.com"))).await;
        let invite = invite.expect("invites").into_inner();
        assert!(invite.invited_by.starts_with("user:"), "{invite:?}");
        let token = platform.token(tenant, &invite.invite_id).await;
        sqlx::query(change).execute(&mut platform.database.admin().await).await.expect("changes");
        let refused = platform.accept(&token, PASSWORD).await.expect_err(change);
        let seen = (code_of(&refused).code, reason(&refused));
        assert_eq!(seen, (Code::Denied, "inviter_lacks_role".into()), "{change}");

        let (_, other) = platform.staff(tenant, "other@example.com", "admin").await;
        platform.resend(&other, &invite.invite_id).await.expect("sends");
        platform.accept(&token, PASSWORD).await.expect("another colleague answers for it");
    }
}

#[tokio::test]
async fn nobody_sends_again_what_they_could_not_have_sent() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let id = uuid::Uuid::now_v7().into();
    let weak = platform.person(id, Some(tenant), &["user.invites.create"]);
    let refused = platform.resend(&weak, &invite.invite_id).await.expect_err("too weak");
    assert_eq!(reason(&refused), "role_above_own");
    assert_eq!(platform.steps(tenant, &invite.invite_id).await, [("created".into(), 1)]);
}

#[tokio::test]
async fn a_suspended_tenant_takes_nobody_in_and_its_invitations_wait() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.tenants.suspend(tenant);
    let refused = platform.accept(&token, PASSWORD).await.expect_err("suspended");
    assert_eq!(
        (code_of(&refused).code, reason(&refused)),
        (Code::Denied, "tenant_suspended".into())
    );
    let asked =
        call(&platform.nobody(), ShowInvitationRequest { token: token.clone(), seen: false });
    let shown = platform.invites().show_invitation(asked).await;
    assert_eq!(reason(&shown.expect_err("suspended")), "tenant_suspended");
    platform.tenants.resume(tenant);
    platform.accept(&token, PASSWORD).await.expect("accepts");
}
