//! How many invitations a tenant may make in a day.

use futures::future::join_all;
use kernel::TenantId;
use tonic::Status;
use wire::call;

use crate::platform::{PASSWORD, Platform, ask, reason, tenant};

/// Where a new tenant may make three a day.
async fn strict() -> Platform {
    let platform = Platform::start().await;
    platform.restart_with(|app| app.invite_daily = 3);
    platform
}

async fn invite(platform: &Platform, here: TenantId, email: &str) -> Result<String, Status> {
    let asked = call(&platform.admin(here), ask(email));
    platform.invites().create_invite(asked).await.map(|made| made.into_inner().invite_id)
}

#[tokio::test]
async fn of_many_at_once_as_many_are_made_as_a_new_tenant_may_and_more_the_next_day() {
    let (platform, here, there) = (strict().await, tenant(), tenant());
    let emails: Vec<_> = (0..12).map(|n| format!("p{n}@example.com")).collect();
    let all = join_all(emails.iter().map(|email| invite(&platform, here, email))).await;
    let (made, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 3);
    let budget = |refused: Status| reason(&refused) == "tenant_budget";
    assert!(refused.into_iter().filter_map(Result::err).all(budget));
    assert_eq!(platform.database.count("select count(*) from invites").await, 3);
    let strangers = "select count(*) from users";
    assert_eq!(platform.database.count(strangers).await, 3, "who is refused leaves no trace");
    invite(&platform, there, "p0@example.com").await.expect("another tenant has its own");
    platform.wait_hours(24);
    for n in 20..26 {
        invite(&platform, here, &format!("p{n}@example.com")).await.expect("twice as many");
    }
    assert!(budget(invite(&platform, here, "late@example.com").await.expect_err("enough")));
}

#[tokio::test]
async fn a_standing_invitation_and_one_that_is_refused_count_for_nothing_and_acceptances_count() {
    let (platform, here) = (strict().await, tenant());
    let first = invite(&platform, here, "ann@example.com").await.expect("invites");
    for _ in 0..5 {
        assert_eq!(invite(&platform, here, "ann@example.com").await.expect("stands"), first);
    }
    // Sent by an own service, so that it needs no inviter's rights.
    let bob = platform.invite(here, "bob@example.com").await.invite_id;
    platform.accept(&platform.token(here, &bob).await, PASSWORD).await.expect("accepts");
    let kept = "select count(*) from invite_budgets where today = 2 and accepted = 1 and sent = 0";
    assert_eq!(platform.database.count(kept).await, 1);
}
