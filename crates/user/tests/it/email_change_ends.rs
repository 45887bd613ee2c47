//! Wishes for another address that come to nothing, and what an address takes with it.

use kernel::Cx;
use tonic::Status;
use wire::{
    call,
    user::v1::{
        CreateInviteRequest, EmailChange, EmailChangeLetter, GetInviteRequest,
        RefuseEmailChangeRequest, RemoveMemberRequest, WithdrawEmailChangeRequest,
    },
};

use crate::{
    email_changes::{confirm, look, secret, somebody, wish},
    platform::{PASSWORD, Platform, ask, reason, tenant},
};

async fn withdraw(platform: &Platform, cx: &Cx) -> Result<EmailChange, Status> {
    let asked = call(cx, WithdrawEmailChangeRequest {});
    platform.email_changes().withdraw_email_change(asked).await.map(tonic::Response::into_inner)
}

async fn refuse(platform: &Platform, token: &str) -> Result<EmailChangeLetter, Status> {
    let asked = RefuseEmailChangeRequest { token: token.into() };
    let said = platform.email_changes().refuse_email_change(call(&platform.nobody(), asked)).await;
    said.map(tonic::Response::into_inner)
}

/// Why a link says yes no more.
async fn closed(platform: &Platform, token: &str) -> String {
    reason(&confirm(platform, token).await.expect_err("is closed"))
}

#[tokio::test]
async fn either_address_refuses_and_both_links_say_so() {
    let platform = Platform::start().await;
    let (_, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    for side in ["old", "new"] {
        let change = wish(&platform, &cx, "ann@example.org", PASSWORD).await.expect("wishes");
        let old = secret(&platform, &change.change_id, "old").await;
        let new = secret(&platform, &change.change_id, "new").await;
        let (first, second) = if side == "old" { (&old, &new) } else { (&new, &old) };
        confirm(&platform, second).await.expect("agrees");
        for _ in 0..2 {
            assert_eq!(refuse(&platform, first).await.expect("refuses").status, "refused");
        }
        for token in [&old, &new] {
            assert_eq!(look(&platform, token).await.expect("shows").status, "refused");
        }
        assert_eq!(closed(&platform, first).await, "email_change_refused");
    }
    let told = "select count(*) from outbox where kind = 'user.email_change.ended'";
    assert_eq!(platform.database.count(told).await, 2);
    let changed = "select count(*) from users where email <> 'ann@example.com'";
    assert_eq!(platform.database.count(changed).await, 0);
}

#[tokio::test]
async fn a_wish_is_withdrawn_replaced_or_runs_out_of_time() {
    let platform = Platform::start().await;
    let (_, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let none = withdraw(&platform, &cx).await.expect_err("none yet");
    assert_eq!(reason(&none), "email_change_not_found");
    let first = wish(&platform, &cx, "ann@example.org", PASSWORD).await.expect("wishes");
    let first = secret(&platform, &first.change_id, "old").await;
    let second = wish(&platform, &cx, "ann@example.org", PASSWORD).await.expect("wishes anew");
    assert_eq!(closed(&platform, &first).await, "email_change_replaced");
    let second = secret(&platform, &second.change_id, "new").await;
    for _ in 0..2 {
        assert_eq!(withdraw(&platform, &cx).await.expect("withdraws").status, "withdrawn");
    }
    assert_eq!(closed(&platform, &second).await, "email_change_withdrawn");
    let third = wish(&platform, &cx, "ann@example.org", PASSWORD).await.expect("wishes");
    let [old, new] = [
        secret(&platform, &third.change_id, "old").await,
        secret(&platform, &third.change_id, "new").await,
    ];
    confirm(&platform, &old).await.expect("agrees");
    platform.wait_hours(24);
    assert_eq!(look(&platform, &new).await.expect("shows").status, "expired");
    assert_eq!(closed(&platform, &new).await, "email_change_expired");
    let changed = "select count(*) from users where email <> 'ann@example.com'";
    assert_eq!(platform.database.count(changed).await, 0);
}

/// Takes the person to another address.
async fn change(platform: &Platform, cx: &Cx, new: &str) {
    let change = wish(platform, cx, new, PASSWORD).await.expect("wishes");
    for side in ["old", "new"] {
        let token = secret(platform, &change.change_id, side).await;
        confirm(platform, &token).await.expect("agrees");
    }
}

#[tokio::test]
async fn a_pending_invitation_follows_the_person_and_its_link_goes_on_working() {
    let (platform, there) = (Platform::start().await, tenant());
    let (user_id, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    change(&platform, &cx, "ann@example.org").await;
    let admin = platform.admin(there);
    let asked = GetInviteRequest { invite_id: invite.invite_id.clone() };
    let shown = platform.invites().get_invite(call(&admin, asked)).await.expect("shows");
    assert_eq!(shown.into_inner().email, "ann@example.org");
    let asked: CreateInviteRequest = ask("ann@example.org");
    let again = platform.invites().create_invite(call(&admin, asked)).await.expect("stands");
    assert_eq!(again.into_inner().invite_id, invite.invite_id, "one invitation of one person");
    let joined = platform.accept(&token, PASSWORD).await.expect("accepts");
    assert_eq!(joined.user_id, user_id);
    // The former address is free: whoever is invited by it is somebody else.
    let other = platform.invite(there, "ann@example.com").await;
    assert_ne!(other.user_id, user_id);
}

#[tokio::test]
async fn a_removed_member_does_not_come_back_by_an_invitation_from_before_the_change() {
    let (platform, here) = (Platform::start().await, tenant());
    let (user_id, cx) = somebody(&platform, here, "ann@example.com").await;
    let pending = "update memberships set status = 'removed'";
    let mut admin = platform.database.admin().await;
    sqlx::query(pending).execute(&mut admin).await.expect("removes");
    let invite = platform.invite(here, "ann@example.com").await;
    let token = platform.token(here, &invite.invite_id).await;
    sqlx::query("update memberships set status = 'active'")
        .execute(&mut admin)
        .await
        .expect("back");
    change(&platform, &cx, "ann@example.org").await;
    let asked = RemoveMemberRequest { user_id, note: String::new() };
    let asked = call(&platform.keeper(here, &[]), asked);
    platform.memberships().remove_member(asked).await.expect("removes");
    let refused = platform.accept(&token, PASSWORD).await.expect_err("taken back with it");
    assert_eq!(reason(&refused), "invitation_revoked");
}
