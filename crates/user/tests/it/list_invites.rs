//! Listing invitations.

use wire::{call, user::v1::ListInvitesRequest};

use crate::platform::{Platform, fields, tenant};

#[tokio::test]
async fn pages_hold_every_invitation_once() {
    let (platform, tenant) = (Platform::start().await, tenant());
    for n in 0..5 {
        platform.invite(tenant, &format!("p{n}@example.com")).await;
        platform.clock.advance(std::time::Duration::from_millis(2));
    }
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = ListInvitesRequest { page_size: 2, page_token, ..Default::default() };
        let page = platform.invites().list_invites(call(&platform.admin(tenant), asked)).await;
        let page = page.expect("lists").into_inner();
        seen.extend(page.invites.into_iter().map(|invite| invite.email));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, (0..5).map(|n| format!("p{n}@example.com")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_status_is_what_holds_now() {
    let (platform, tenant) = (Platform::start().await, tenant());
    platform.admit(tenant, "accepted@example.com").await;
    platform.invite(tenant, "expired@example.com").await;
    platform.wait_hours(80);
    platform.invite(tenant, "pending@example.com").await;
    for status in ["accepted", "expired", "pending"] {
        let asked = ListInvitesRequest { status: status.into(), ..Default::default() };
        let page = platform.invites().list_invites(call(&platform.admin(tenant), asked)).await;
        let found = page.expect("lists").into_inner().invites;
        assert_eq!(found.len(), 1, "{status}");
        assert_eq!(
            (found[0].status.as_str(), found[0].email.clone()),
            (status, format!("{status}@example.com"))
        );
    }
    let asked = ListInvitesRequest { status: "lost".into(), ..Default::default() };
    let refused = platform.invites().list_invites(call(&platform.admin(tenant), asked)).await;
    assert_eq!(fields(&refused.expect_err("no such word")), ["status"]);
}
