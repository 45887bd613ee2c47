//! Listing invitations.

use wire::{
    call,
    user::v1::{CreateInviteRequest, ListInvitesRequest, WorkspaceDatum},
};

use crate::platform::{Platform, ask, fields, tenant};

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

#[tokio::test]
async fn filters_narrow_together_and_an_unknown_word_names_its_field() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let admin = platform.admin(tenant);
    platform.invite(tenant, "ann@example.com").await;
    let user = CreateInviteRequest { role: "user".into(), ..ask("anton@example.com") };
    let by_hand = platform.invites().create_invite(call(&admin, user)).await;
    let by_hand = by_hand.expect("invites").into_inner().invited_by;
    platform.invite(tenant, "a_n@example.com").await;
    let list = async |asked: ListInvitesRequest| {
        let listed = platform.invites().list_invites(call(&admin, asked)).await?;
        let emails = listed.into_inner().invites.into_iter().map(|invite| invite.email);
        Ok::<_, tonic::Status>(emails.collect::<Vec<_>>())
    };
    let all = ListInvitesRequest::default();
    let email = |email: &str| ListInvitesRequest { email: email.into(), ..all.clone() };
    let service = ListInvitesRequest { invited_by: "service:provisioning".into(), ..all.clone() };
    for (asked, expected) in [
        (email("AN"), &["ann@example.com", "anton@example.com"][..]),
        (email("a_n"), &["a_n@example.com"]),
        (email("%"), &[]),
        (ListInvitesRequest { role: "user".into(), ..email("an") }, &["anton@example.com"]),
        (ListInvitesRequest { invited_by: by_hand, ..all.clone() }, &["anton@example.com"]),
        (service, &["ann@example.com", "a_n@example.com"]),
        (ListInvitesRequest { delivery: "failed".into(), ..all.clone() }, &[]),
    ] {
        let mut found = list(asked.clone()).await.expect("lists");
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{asked:?}");
    }
    for (field, bad) in [
        ("role", ListInvitesRequest { role: "The King".into(), ..all.clone() }),
        ("delivery", ListInvitesRequest { delivery: "lost".into(), ..all }),
    ] {
        assert_eq!(fields(&list(bad).await.expect_err("no such word")), [field]);
    }
}

#[tokio::test]
async fn what_a_workspace_is_set_up_with_is_carried_and_told() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let datum = |name: &str, value: &str| WorkspaceDatum { name: name.into(), value: value.into() };
    let asked = CreateInviteRequest {
        workspace: vec![datum("plan", "pro=1"), datum("city", "Omsk")],
        ..ask("ann@example.com")
    };
    let (_, boss) = platform.staff(tenant, "boss@example.com", "admin").await;
    let invite = platform.invites().create_invite(call(&boss, asked.clone())).await;
    let invite = invite.expect("invites").into_inner();
    assert_eq!(invite.workspace, [datum("city", "Omsk"), datum("plan", "pro=1")], "by name");
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.accept(&token, crate::platform::PASSWORD).await.expect("accepts");
    let told = "select count(*) from outbox where kind = 'user.invite.accepted'
                and data->'workspace'->1->>'value' = 'pro=1'";
    assert_eq!(platform.database.count(told).await, 1);
    for bad in [
        vec![datum("Plan", "x")],
        vec![datum("plan", "x"), datum("plan", "y")],
        vec![datum("plan", &"x".repeat(501))],
        (0..21).map(|n| datum(&format!("n{n}"), "x")).collect(),
    ] {
        let asked = CreateInviteRequest { workspace: bad, ..asked.clone() };
        let refused = platform.invites().create_invite(call(&boss, asked)).await;
        assert_eq!(fields(&refused.expect_err("malformed")), ["workspace"]);
    }
}
