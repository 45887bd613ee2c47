//! People who are to be erased: asked for, taken back, and done whatever fails in between.

use std::time::Duration;

use kernel::Cx;
use tonic::Status;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        CancelErasureRequest, Erasure, GetErasureRequest, GetPersonRequest, OrderErasureRequest,
        RequestErasureRequest, WithdrawErasureRequest,
    },
};

use crate::{
    email_changes::somebody,
    invite_batches::{batch, begin, list, worked_off},
    platform::{PASSWORD, Platform, fields, reason, tenant},
};

const DAYS: u64 = 24;

fn staff(platform: &Platform) -> Cx {
    platform.person(Uuid::now_v7().into(), None, &["user.people.erase", "user.people.read"])
}

async fn ask(platform: &Platform, cx: &Cx, password: &str) -> Result<Erasure, Status> {
    // Each erasure has a time of its own.
    platform.clock.advance(Duration::from_secs(1));
    let asked = RequestErasureRequest { password: password.into() };
    platform.erasures().request_erasure(call(cx, asked)).await.map(tonic::Response::into_inner)
}

async fn order(platform: &Platform, user_id: &str) -> Result<Erasure, Status> {
    let asked = OrderErasureRequest { user_id: user_id.into(), reason: "asked by letter".into() };
    platform.clock.advance(Duration::from_secs(1));
    let ordered = platform.erasures().order_erasure(call(&staff(platform), asked)).await;
    ordered.map(tonic::Response::into_inner)
}

async fn standing(platform: &Platform, cx: &Cx) -> Erasure {
    let shown = platform.erasures().get_erasure(call(cx, GetErasureRequest {})).await;
    shown.expect("shows").into_inner()
}

/// How often the address stands anywhere in this service, but in facts, which end with their window.
async fn traces(platform: &Platform, email: &str) -> i64 {
    sqlx::query_scalar(
        "select (select count(*) from users u where u::text like '%' || $1 || '%')
              + (select count(*) from invites i where i::text like '%' || $1 || '%')
              + (select count(*) from member_words w where w::text like '%' || $1 || '%')
              + (select count(*) from invite_batch_rows b where b::text ilike '%' || $1 || '%')
              + (select count(*) from email_changes e where e::text like '%' || $1 || '%')
              + (select count(*) from audit_events a where a::text like '%' || $1 || '%')
              + (select count(*) from replies r where position(convert_to($1, 'UTF8') in reply) > 0)",
    )
    .bind(email)
    .fetch_one(&mut platform.database.admin().await)
    .await
    .expect("counts")
}

#[tokio::test]
async fn whoever_asked_is_forgotten_when_the_time_is_over_and_the_address_is_free() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let (user_id, cx) = somebody(&platform, here, "ann@example.com").await;
    platform.admit(there, "ann@example.com").await;
    let waiting = platform.invite(tenant(), "ann@example.com").await;
    let lister = platform.admin(there);
    worked_off(&platform, &lister, list(&["Ann@Example.com"])).await;
    let asked = ask(&platform, &cx, PASSWORD).await.expect("asks");
    assert_eq!(asked, ask(&platform, &cx, PASSWORD).await.expect("stands"), "asked for once");
    platform.wait_hours(14 * DAYS - 1);
    assert_eq!(platform.app().erase_people().await.expect("looks").erased, 0, "there is time");
    platform.wait_hours(1);
    assert_eq!(platform.app().erase_people().await.expect("erases").erased, 1);
    assert_eq!(platform.app().erase_people().await.expect("looks").erased, 0, "done is done");
    assert_eq!(standing(&platform, &cx).await.status, "done");
    assert_eq!(traces(&platform, "ann@example.com").await, 0);
    let known = vec!["ann@example.com".to_owned()];
    let asked = [("auth", vec![]), ("notifier", known.clone()), ("provisioning", known)];
    let asked = asked.map(|(service, emails)| (service, user_id.clone(), emails));
    assert_eq!(platform.forgetting.asked(), asked, "each service, once");
    for (question, expected) in [
        ("select count(*) from memberships where status <> 'removed'", 0),
        ("select count(*) from invite_batch_rows", 0),
        ("select count(*) from invites where status = 'pending'", 0),
        ("select count(*) from outbox where kind = 'user.membership.removed'", 2),
        ("select count(*) from outbox where kind = 'user.invite.revoked'", 1),
        ("select count(*) from outbox where kind = 'user.person.erased'", 1),
        (
            "select count(*) from outbox where kind = 'user.person.erased' and data::text like '%@%'",
            0,
        ),
        ("select count(*) from audit_events where action = 'person.erase'", 1),
    ] {
        assert_eq!(platform.database.count(question).await, expected, "{question}");
    }
    let other = platform.invite(here, "ann@example.com").await;
    assert_ne!((other.user_id, other.invite_id), (user_id.clone(), waiting.invite_id));
    let again = order(&platform, &user_id).await.expect("done already");
    assert_eq!(again.status, "done");
}

#[tokio::test]
async fn an_erasure_is_taken_back_by_whoever_may_and_only_in_time() {
    let platform = Platform::start().await;
    let (user_id, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let withdraw = async || {
        let asked = call(&cx, WithdrawErasureRequest {});
        platform.erasures().withdraw_erasure(asked).await.map(tonic::Response::into_inner)
    };
    assert_eq!(reason(&withdraw().await.expect_err("none")), "erasure_not_found");
    let refused = ask(&platform, &cx, "another password of hers").await.expect_err("wrong");
    assert_eq!(reason(&refused), "wrong_password");
    ask(&platform, &cx, PASSWORD).await.expect("asks");
    for _ in 0..2 {
        assert_eq!(withdraw().await.expect("withdraws").status, "cancelled");
    }
    order(&platform, &user_id).await.expect("orders");
    assert_eq!(reason(&withdraw().await.expect_err("not theirs")), "erasure_ordered");
    let cancel = async || {
        let asked = CancelErasureRequest { user_id: user_id.clone() };
        let cancelled = platform.erasures().cancel_erasure(call(&staff(&platform), asked)).await;
        cancelled.map(tonic::Response::into_inner)
    };
    assert_eq!(cancel().await.expect("cancels").status, "cancelled");
    platform.wait_hours(15 * DAYS);
    assert_eq!(platform.app().erase_people().await.expect("looks").erased, 0);
    order(&platform, &user_id).await.expect("orders");
    platform.wait_hours(15 * DAYS);
    assert_eq!(platform.app().erase_people().await.expect("erases").erased, 1);
    assert_eq!(reason(&cancel().await.expect_err("too late")), "erasure_begun");
}

#[tokio::test]
async fn the_only_owner_is_not_erased_before_there_is_another_one() {
    let (platform, here) = (Platform::start().await, tenant());
    let (user_id, _) = platform.staff(here, "ann@example.com", "owner").await;
    let me = platform.person(user_id.parse().expect("an id"), None, &[]);
    let refused = ask(&platform, &me, PASSWORD).await.expect_err("the only owner");
    assert_eq!(
        (reason(&refused), fields(&refused)),
        ("sole_owner".into(), vec!["ownerless".into()])
    );
    let (heir, _) = platform.staff(here, "bob@example.com", "owner").await;
    ask(&platform, &me, PASSWORD).await.expect("asks");
    let gone = "delete from role_bindings where role = 'owner' and user_id = $1";
    let heir: Uuid = heir.parse().expect("an id");
    let mut admin = platform.database.admin().await;
    sqlx::query(gone).bind(heir).execute(&mut admin).await.expect("takes the role");
    platform.wait_hours(15 * DAYS);
    assert_eq!(platform.app().erase_people().await.expect("looks").erased, 0);
    let blocked = standing(&platform, &me).await;
    assert_eq!((blocked.status.as_str(), blocked.problem.as_str()), ("waiting", "sole_owner"));
    platform.staff(here, "eve@example.com", "owner").await;
    assert_eq!(platform.app().erase_people().await.expect("erases").erased, 1);
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_rest_to_the_next_look_and_holds_nobody_else_up() {
    let platform = Platform::start().await;
    let (_, ann) = somebody(&platform, tenant(), "ann@example.com").await;
    ask(&platform, &ann, PASSWORD).await.expect("asks");
    platform.wait_hours(15 * DAYS);
    for service in ["auth", "notifier", "provisioning"] {
        platform.forgetting.leave(service);
        let look = platform.app().erase_people().await.expect("looks");
        assert_eq!((look.erased, look.interrupted), (0, 1), "{service}: looked at again soon");
        let running = standing(&platform, &ann).await;
        let seen = (running.status.as_str(), running.problem.as_str());
        assert_eq!(seen, ("running", "peer_unavailable"), "{service}");
        assert!(traces(&platform, "ann@example.com").await > 0, "known until all have forgotten");
        platform.forgetting.come_back(service);
    }
    assert_eq!(platform.app().erase_people().await.expect("erases").erased, 1);
    assert_eq!(traces(&platform, "ann@example.com").await, 0);
    let told = "select count(*) from outbox where kind = 'user.membership.removed'";
    assert_eq!(platform.database.count(told).await, 1, "each step had its effect once");
}

#[tokio::test]
async fn many_who_look_at_once_erase_once() {
    let platform = Platform::start().await;
    let (user_id, ann) = somebody(&platform, tenant(), "ann@example.com").await;
    ask(&platform, &ann, PASSWORD).await.expect("asks");
    platform.wait_hours(15 * DAYS);
    let looks = (0..6).map(|_| platform.app().erase_people());
    for look in futures::future::join_all(looks).await {
        look.expect("looks");
    }
    // Whoever was overtaken leaves it to the next look.
    platform.app().erase_people().await.expect("looks");
    for told in [
        "select count(*) from outbox where kind = 'user.person.erased'",
        "select count(*) from outbox where kind = 'user.membership.removed'",
        "select count(*) from outbox where kind = 'user.person.disabled'",
    ] {
        assert_eq!(platform.database.count(told).await, 1, "{told}");
    }
    let asked = call(&staff(&platform), GetPersonRequest { user_id: user_id.clone() });
    let shown = platform.persons().get_person(asked).await.expect("shows").into_inner();
    assert_eq!((shown.name.as_str(), shown.status.as_str()), ("Erased person", "disabled"));
    let foreign = OrderErasureRequest { user_id, reason: String::new() };
    let refused = platform.erasures().order_erasure(call(&staff(&platform), foreign)).await;
    assert_eq!(fields(&refused.expect_err("no reason")), ["reason"]);
}

#[tokio::test]
async fn a_row_that_waits_for_its_turn_invites_nobody_who_was_erased_meanwhile() {
    let platform = Platform::start_without_workers().await;
    let (_, ann) = somebody(&platform, tenant(), "ann@example.com").await;
    let here = tenant();
    let boss = platform.boss(here).await;
    let begun = begin(&platform, &boss, list(&["Ann@Example.com", "bob@example.com"])).await;
    let id = begun.expect("begins").batch_id;
    ask(&platform, &ann, PASSWORD).await.expect("asks");
    platform.wait_hours(15 * DAYS);
    assert_eq!(platform.app().erase_people().await.expect("erases").erased, 1);
    assert_eq!(traces(&platform, "ann@example.com").await, 0, "the list names nobody");
    let worker = platform.app().worker().by_hand();
    while worker.step().await.expect("works") {}
    let done = batch(&platform, &boss, &id).await;
    assert_eq!((done.status.as_str(), done.created, done.left_out), ("done", 1, 1));
}
