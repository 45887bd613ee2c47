//! Wrong passwords over a link.

use futures::{StreamExt, stream::FuturesUnordered};
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
    let asked =
        call(&platform.nobody(), ShowInvitationRequest { token: token.clone(), seen: false });
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

#[tokio::test]
async fn of_many_passwords_tried_at_once_no_more_are_looked_at_than_the_link_stands() {
    let (platform, there) = (Platform::start().await, tenant());
    platform.admit(tenant(), "ann@example.com").await;
    let rules = SetInvitePolicyRequest { most_attempts: 3, ..Default::default() };
    platform.rule(there, rules).await;
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    platform.auth.hold();
    let tries = (0..20).map(|_| platform.accept(&token, "another password of hers"));
    let mut tries: FuturesUnordered<_> = tries.collect();
    let mut refused = 0;
    while refused + platform.auth.checks() < 20 {
        tokio::select! {
            Some(answer) = tries.next() => {
                assert_eq!(reason(&answer.expect_err("none is let in")), "invitation_link_exhausted");
                refused += 1;
            }
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!((platform.auth.checks(), refused), (3, 17));
    platform.auth.answer();
    while let Some(answer) = tries.next().await {
        assert_eq!(reason(&answer.expect_err("is wrong")), "wrong_password");
    }
}

#[tokio::test]
async fn a_right_password_that_lets_nobody_in_uses_nothing_up() {
    let (platform, there) = (Platform::start().await, tenant());
    platform.admit(tenant(), "ann@example.com").await;
    let rules = SetInvitePolicyRequest { most_attempts: 1, ..Default::default() };
    platform.rule(there, rules).await;
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    platform.boss(there).await;
    let full = "insert into seats (tenant_id, seat_limit, changed_at, changed_by)
                select tenant_id, 1, now(), 'test' from invites where status = 'pending'";
    let mut admin = platform.database.admin().await;
    sqlx::query(full).execute(&mut admin).await.expect("sets a limit");
    for _ in 0..3 {
        let refused = platform.accept(&token, PASSWORD).await.expect_err("no seat is left");
        assert_eq!(reason(&refused), "seats_taken");
    }
    sqlx::query("delete from seats").execute(&mut admin).await.expect("lifts the limit");
    platform.accept(&token, PASSWORD).await.expect("accepts");
}
