//! Seats: reserved by invitations, taken by members, never more than there are.

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        CreateInviteRequest, DisableMemberRequest, EnableMemberRequest, GetSeatsRequest, Invite,
        RemoveMemberRequest, ResendInviteRequest, RevokeInviteRequest, SeatCount,
        SetSeatLimitRequest,
    },
};

use crate::platform::{PASSWORD, Platform, ask, fields, reason, tenant};

fn staff(platform: &Platform, tenant: TenantId) -> Cx {
    platform.person(Uuid::now_v7().into(), Some(tenant), &["user.seats.update"])
}

pub(crate) async fn limit(
    platform: &Platform,
    here: TenantId,
    limit: Option<i32>,
) -> Result<SeatCount, Status> {
    let asked = call(&staff(platform, here), SetSeatLimitRequest { limit });
    platform.seats().set_seat_limit(asked).await.map(tonic::Response::into_inner)
}

pub(crate) async fn seats(platform: &Platform, here: TenantId) -> (i64, i64, Option<i64>) {
    let asked = call(&platform.admin(here), GetSeatsRequest {});
    let seats = platform.seats().get_seats(asked).await.expect("shows").into_inner();
    (seats.members, seats.reserved, seats.free)
}

async fn invite(platform: &Platform, here: TenantId, email: &str) -> Result<Invite, Status> {
    let asked: CreateInviteRequest = ask(email);
    let asked = call(&platform.admin(here), asked);
    platform.invites().create_invite(asked).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn an_open_invitation_reserves_a_seat_until_it_ends() {
    let (platform, here) = (Platform::start().await, tenant());
    assert_eq!(seats(&platform, here).await, (0, 0, None));
    limit(&platform, here, Some(2)).await.expect("sets");
    platform.admit(here, "ann@example.com").await;
    let pending = invite(&platform, here, "bob@example.com").await.expect("the last seat");
    assert_eq!(seats(&platform, here).await, (1, 1, Some(0)));
    let none = invite(&platform, here, "eve@example.com").await.expect_err("no seat");
    assert_eq!(reason(&none), "seats_taken");
    let again = invite(&platform, here, "bob@example.com").await.expect("stands already");
    assert_eq!(again.invite_id, pending.invite_id);
    // Taken back, the seat is free; run out of time, too; sent again, it needs one anew.
    let revoke = RevokeInviteRequest { invite_id: pending.invite_id };
    platform.invites().revoke_invite(call(&platform.admin(here), revoke)).await.expect("revokes");
    let slow = invite(&platform, here, "slow@example.com").await.expect("a free seat");
    platform.wait_hours(100);
    let quick = platform.invite(here, "quick@example.com").await;
    let resend = ResendInviteRequest { invite_id: slow.invite_id, ..Default::default() };
    let resent = platform.invites().resend_invite(call(&platform.admin(here), resend)).await;
    assert_eq!(reason(&resent.expect_err("its seat is another's")), "seats_taken");
    let token = platform.token(here, &quick.invite_id).await;
    platform.accept(&token, PASSWORD).await.expect("comes in");
    assert_eq!(seats(&platform, here).await, (2, 0, Some(0)));
}

#[tokio::test]
async fn a_seat_is_given_back_by_a_pause_and_taken_again_after_it() {
    let (platform, here) = (Platform::start().await, tenant());
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    limit(&platform, here, Some(1)).await.expect("sets");
    let admin = platform.admin(here);
    let disable = DisableMemberRequest { user_id: ann.clone(), note: String::new() };
    platform.memberships().disable_member(call(&admin, disable)).await.expect("pauses");
    let bob = platform.admit(here, "bob@example.com").await.user_id;
    let enable = EnableMemberRequest { user_id: ann, note: String::new() };
    let full = platform.memberships().enable_member(call(&admin, enable.clone())).await;
    assert_eq!(reason(&full.expect_err("no seat")), "seats_taken");
    let remove = RemoveMemberRequest { user_id: bob, note: String::new() };
    platform.memberships().remove_member(call(&admin, remove)).await.expect("removes");
    platform.memberships().enable_member(call(&admin, enable)).await.expect("goes on");
    assert_eq!(seats(&platform, here).await, (1, 0, Some(0)));
}

#[tokio::test]
async fn a_limit_is_the_platforms_to_set_and_never_below_what_is_taken() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    for email in ["ann@example.com", "bob@example.com"] {
        platform.admit(here, email).await;
    }
    let low = limit(&platform, here, Some(1)).await.expect_err("two sit there");
    assert_eq!((reason(&low).as_str(), fields(&low)), ("seats_in_use", vec!["limit".to_owned()]));
    for odd in [0, -1, 1_000_001] {
        assert_eq!(fields(&limit(&platform, here, Some(odd)).await.expect_err("odd")), ["limit"]);
    }
    for same in [Some(2), Some(2), None, None] {
        assert_eq!(limit(&platform, here, same).await.expect("sets").limit, same);
    }
    let told = "select count(*) from outbox where kind = 'user.seats.limited'";
    assert_eq!(platform.database.count(told).await, 2);
    let asked = call(&platform.admin(here), SetSeatLimitRequest { limit: Some(9) });
    let refused = platform.seats().set_seat_limit(asked).await.expect_err("a tenant's own admin");
    assert_eq!(reason(&refused), "permission_denied");
    assert_eq!(seats(&platform, there).await, (0, 0, None), "another tenant's are its own");
}

#[tokio::test]
async fn of_fifty_invited_at_once_as_many_as_there_are_seats() {
    let (platform, here) = (Platform::start().await, tenant());
    limit(&platform, here, Some(7)).await.expect("sets");
    let emails: Vec<_> = (0..50).map(|n| format!("p{n}@example.com")).collect();
    let asked = join_all(emails.iter().map(|email| invite(&platform, here, email))).await;
    let (in_, out): (Vec<_>, Vec<_>) = asked.into_iter().partition(Result::is_ok);
    assert_eq!(in_.len(), 7);
    assert!(
        out.into_iter().filter_map(Result::err).all(|refusal| reason(&refusal) == "seats_taken")
    );
    assert_eq!(seats(&platform, here).await, (0, 7, Some(0)));
}

#[tokio::test]
async fn of_fifty_that_accept_at_once_as_many_as_there_are_seats() {
    let (platform, here) = (Platform::start().await, tenant());
    let mut tokens = Vec::new();
    for n in 0..50 {
        let invite = platform.invite(here, &format!("p{n}@example.com")).await;
        tokens.push(platform.token(here, &invite.invite_id).await);
    }
    // Set after they were invited, so fewer seats than reservations.
    limit(&platform, here, Some(5)).await.expect("sets");
    let tried = join_all(tokens.iter().map(|token| platform.accept(token, PASSWORD))).await;
    let (in_, out): (Vec<_>, Vec<_>) = tried.into_iter().partition(Result::is_ok);
    assert_eq!(in_.len(), 5);
    assert!(
        out.into_iter().filter_map(Result::err).all(|refusal| reason(&refusal) == "seats_taken")
    );
    let members = "select count(*) from memberships where status = 'active'";
    assert_eq!(platform.database.count(members).await, 5);
    let waiting = "select count(*) from invites where status = 'pending'";
    assert_eq!(platform.database.count(waiting).await, 45, "who found no seat may come later");
}
