//! Telling the notifier the link.

use vault::{Keyring, MasterKey, Vault};
use wire::{
    call,
    user::v1::{RevealInvitationLinkRequest, invites_client::InvitesClient},
};

use crate::platform::{PASSWORD, Platform, reason, tenant};

#[tokio::test]
async fn the_link_is_the_same_however_often_it_is_asked_for() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let mut notifier = InvitesClient::new(platform.service("notifier"));
    let cx = platform.of("notifier", tenant);
    let asked = RevealInvitationLinkRequest { invite_id: invite.invite_id };
    let first = notifier.reveal_invitation_link(call(&cx, asked.clone())).await;
    let first = first.expect("reveals").into_inner();
    let second = notifier.reveal_invitation_link(call(&cx, asked)).await;
    assert_eq!(second.expect("reveals").into_inner(), first);
    assert!(first.url.starts_with("https://usher.test/invite/"));
    assert_eq!((first.sends, first.expires_at), (1, invite.expires_at));
    let token = first.url.rsplit('/').next().expect("a token").to_owned();
    assert!(!format!("{first:?}").contains(&token), "a link does not print");
}

#[tokio::test]
async fn a_link_outlives_the_rotation_of_the_master_key() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let before = platform.token(tenant, &invite.invite_id).await;
    let fresh = MasterKey::parse(&MasterKey::draw().expect("drawn")).expect("reads");
    let older = vec![platform.keyring.current.clone()];
    platform.restart_with(|app| app.vault = Vault::new(Keyring { current: fresh, older }));
    assert_eq!(platform.token(tenant, &invite.invite_id).await, before);
    platform.accept(&before, PASSWORD).await.expect("accepts");
}

#[tokio::test]
async fn only_the_notifier_is_told_and_only_of_an_open_invitation() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let accepted = platform.admit(tenant, "ann@example.com").await;
    let asked = RevealInvitationLinkRequest { invite_id: accepted.invite_id };
    let mut notifier = InvitesClient::new(platform.service("notifier"));
    let used = notifier
        .reveal_invitation_link(call(&platform.of("notifier", tenant), asked.clone()))
        .await;
    assert_eq!(reason(&used.expect_err("accepted")), "invitation_used");
    let mut other = InvitesClient::new(platform.service("provisioning"));
    let denied = other
        .reveal_invitation_link(call(&platform.of("provisioning", tenant), asked.clone()))
        .await;
    assert_eq!(reason(&denied.expect_err("not the notifier")), "permission_denied");
    let denied =
        platform.invites().reveal_invitation_link(call(&platform.admin(tenant), asked)).await;
    assert_eq!(reason(&denied.expect_err("a person")), "permission_denied");
}
