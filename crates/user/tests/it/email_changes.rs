//! Another address: asked for with the password, proven at the old and at the new one.

use std::time::Duration;

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::Status;
use wire::{
    call, code_of,
    user::v1::{
        ConfirmEmailChangeRequest, EmailChange, EmailChangeLetter, GetEmailChangeRequest,
        GetMeRequest, ListMembersRequest, RequestEmailChangeRequest, RevealEmailChangeLinkRequest,
        ShowEmailChangeRequest, email_changes_client::EmailChangesClient,
    },
};

use crate::platform::{PASSWORD, Platform, fields, keyed, reason, tenant};

/// Asks for another address.
pub(crate) async fn wish(
    platform: &Platform,
    cx: &Cx,
    new_email: &str,
    password: &str,
) -> Result<EmailChange, Status> {
    let asked = RequestEmailChangeRequest {
        new_email: new_email.into(),
        password: password.into(),
        ..Default::default()
    };
    // Each wish has a time of its own.
    platform.clock.advance(Duration::from_secs(1));
    let wished = platform.email_changes().request_email_change(call(cx, asked)).await;
    wished.map(tonic::Response::into_inner)
}

/// The secret of the link to one side.
pub(crate) async fn secret(platform: &Platform, change_id: &str, side: &str) -> String {
    let asked = RevealEmailChangeLinkRequest { change_id: change_id.into(), side: side.into() };
    let mut notifier = EmailChangesClient::new(platform.service("notifier"));
    let asked = call(&platform.of("notifier", TenantId::PLATFORM), asked);
    let link = notifier.reveal_email_change_link(asked).await.expect("reveals").into_inner();
    assert!(link.url.starts_with("https://usher.test/email/"), "{}", link.url);
    link.url.rsplit('/').next().expect("a last part").into()
}

/// Says yes over a link.
pub(crate) async fn confirm(platform: &Platform, token: &str) -> Result<EmailChangeLetter, Status> {
    let asked = ConfirmEmailChangeRequest { token: token.into() };
    let said = platform.email_changes().confirm_email_change(call(&platform.nobody(), asked)).await;
    said.map(tonic::Response::into_inner)
}

/// Looks behind a link.
pub(crate) async fn look(platform: &Platform, token: &str) -> Result<EmailChangeLetter, Status> {
    let asked = ShowEmailChangeRequest { token: token.into() };
    let shown = platform.email_changes().show_email_change(call(&platform.nobody(), asked)).await;
    shown.map(tonic::Response::into_inner)
}

/// Somebody who came in, and the context in which they call.
pub(crate) async fn somebody(platform: &Platform, here: TenantId, email: &str) -> (String, Cx) {
    let user_id = platform.admit(here, email).await.user_id;
    let cx = platform.person(user_id.parse().expect("an id"), None, &[]);
    (user_id, cx)
}

async fn address(platform: &Platform, cx: &Cx) -> String {
    let me = platform.people().get_me(call(cx, GetMeRequest {})).await.expect("shows");
    me.into_inner().user.expect("a person").email
}

async fn found(platform: &Platform, here: TenantId, query: &str) -> usize {
    let asked = ListMembersRequest { query: query.into(), ..Default::default() };
    let asked = call(&platform.admin(here), asked);
    platform.people().list_members(asked).await.expect("lists").into_inner().members.len()
}

#[tokio::test]
async fn an_address_changes_when_both_have_agreed_in_whatever_order() {
    let platform = Platform::start().await;
    for (round, order) in [["old", "new"], ["new", "old"]].into_iter().enumerate() {
        let (here, there) = (tenant(), tenant());
        let (old, new) = (format!("ann{round}@example.com"), format!("ann{round}@example.org"));
        let (user_id, cx) = somebody(&platform, here, &old).await;
        platform.admit(there, &old).await;
        let change = wish(&platform, &cx, &new, PASSWORD).await.expect("wishes");
        assert_eq!((change.status.as_str(), change.old_email.as_str()), ("pending", old.as_str()));
        for side in order {
            assert_eq!(address(&platform, &cx).await, old, "one yes changes nothing");
            let token = secret(&platform, &change.change_id, side).await;
            for _ in 0..3 {
                let seen = look(&platform, &token).await.expect("shows");
                assert!(seen.side == side && !seen.confirmed, "looking says nothing");
                assert_eq!(seen.old_email.is_empty(), side == "new", "a stranger learns nothing");
            }
            assert!(confirm(&platform, &token).await.expect("agrees").confirmed);
        }
        assert_eq!(address(&platform, &cx).await, new);
        for side in order {
            let token = token_of_done(&platform, &change.change_id, side).await;
            assert_eq!(token, "email_change_done", "no letter carries its link any more");
        }
        for tenant in [here, there] {
            assert_eq!(found(&platform, tenant, &new).await, 1);
            assert_eq!(found(&platform, tenant, &old).await, 0);
        }
        let said = platform.auth.followed().pop().expect("auth is told");
        assert_eq!((&said.user_id, said.version, &said.email), (&user_id, 2, &new));
        assert!(!said.kept_session_id.is_empty() && said.status == "active");
        let asked = call(&cx, GetEmailChangeRequest {});
        let newest = platform.email_changes().get_email_change(asked).await;
        assert_eq!(newest.expect("shows").into_inner().status, "done");
    }
    let told = "select count(*) from outbox where kind = 'user.person.email_changed'";
    assert_eq!(platform.database.count(told).await, 2);
}

/// Why the link to one side is not revealed any more.
async fn token_of_done(platform: &Platform, change_id: &str, side: &str) -> String {
    let asked = RevealEmailChangeLinkRequest { change_id: change_id.into(), side: side.into() };
    let mut notifier = EmailChangesClient::new(platform.service("notifier"));
    let asked = call(&platform.of("notifier", TenantId::PLATFORM), asked);
    reason(&notifier.reveal_email_change_link(asked).await.expect_err("is over"))
}

#[tokio::test]
async fn a_second_click_says_that_it_is_done_and_nothing_happens_again() {
    let platform = Platform::start().await;
    let (_, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let change = wish(&platform, &cx, "ann@example.org", PASSWORD).await.expect("wishes");
    let old = secret(&platform, &change.change_id, "old").await;
    let new = secret(&platform, &change.change_id, "new").await;
    for _ in 0..2 {
        assert_eq!(confirm(&platform, &old).await.expect("agrees").status, "pending");
    }
    // Without auth the person waits for the fact, and the change stands.
    platform.auth.leave();
    for token in [&new, &new, &old] {
        assert_eq!(confirm(&platform, token).await.expect("agrees").status, "done");
        assert_eq!(look(&platform, token).await.expect("shows").status, "done");
    }
    for question in [
        "select count(*) from outbox where kind = 'user.person.email_changed'",
        "select count(*) from audit_events where action = 'email.change.done'",
        "select count(*) from audit_events where action = 'email.change.confirm'",
    ] {
        assert_eq!(platform.database.count(question).await, 1, "{question}");
    }
}

#[tokio::test]
async fn of_two_who_want_one_address_one_gets_it_and_the_other_learns_nothing() {
    let platform = Platform::start().await;
    for round in 0..4 {
        let new = format!("wanted{round}@example.com");
        let mut last = Vec::new();
        for who in ["ann", "bob"] {
            let (_, cx) = somebody(&platform, tenant(), &format!("{who}{round}@example.com")).await;
            let change = wish(&platform, &cx, &new, PASSWORD).await.expect("wishes");
            let old = secret(&platform, &change.change_id, "old").await;
            confirm(&platform, &old).await.expect("agrees");
            last.push(secret(&platform, &change.change_id, "new").await);
        }
        let ends = join_all(last.iter().map(|token| confirm(&platform, token))).await;
        let (won, lost): (Vec<_>, Vec<_>) = ends.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "{lost:?}");
        let refused = lost.into_iter().next().and_then(Result::err).expect("one loses");
        assert_eq!(reason(&refused), "email_change_unusable");
        assert!(!refused.message().contains('@'), "{}", refused.message());
    }
    let unusable = "select count(*) from email_changes where status = 'unusable'";
    assert_eq!(platform.database.count(unusable).await, 4);
    let held = "select count(*) from users where email like 'wanted%'";
    assert_eq!(platform.database.count(held).await, 4);
}

#[tokio::test]
async fn asking_tells_nothing_of_whoever_has_the_address() {
    let platform = Platform::start().await;
    platform.admit(tenant(), "bob@example.com").await;
    let (_, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let free = wish(&platform, &cx, "free@example.com", PASSWORD).await.expect("wishes");
    let taken = wish(&platform, &cx, "bob@example.com", PASSWORD).await.expect("wishes");
    assert_eq!((free.status, free.old_email), (taken.status, taken.old_email));
    let invented = look(&platform, &"A".repeat(43)).await.expect_err("no such link");
    assert_eq!(reason(&invented), "email_change_not_found");
    for side in ["old", "new"] {
        let token = secret(&platform, &taken.change_id, side).await;
        match confirm(&platform, &token).await {
            Ok(letter) => assert_eq!((side, letter.status.as_str()), ("old", "pending")),
            Err(refused) => assert_eq!(reason(&refused), "email_change_unusable"),
        }
    }
    assert_eq!(address(&platform, &cx).await, "ann@example.com");
}

#[tokio::test]
async fn a_wish_takes_the_password_and_an_address_that_is_another_one() {
    let platform = Platform::start().await;
    let (_, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    for (email, password, word, field) in [
        ("ann@example.org", "another password of hers", "wrong_password", "password"),
        (" Ann@Example.com ", PASSWORD, "email_unchanged", "newEmail"),
    ] {
        let refused = wish(&platform, &cx, email, password).await.expect_err(word);
        assert_eq!((reason(&refused).as_str(), fields(&refused)), (word, vec![field.into()]));
    }
    for bad in ["", "ann", "ann@x", "ann@x.com\r\nBcc: b@x.com"] {
        let refused = wish(&platform, &cx, bad, PASSWORD).await.expect_err("no address");
        assert_eq!(fields(&refused), ["newEmail"], "{bad:?}");
    }
    assert_eq!(platform.database.count("select count(*) from email_changes").await, 0);
    let none = platform.email_changes().get_email_change(call(&cx, GetEmailChangeRequest {})).await;
    assert_eq!(reason(&none.expect_err("none")), "email_change_not_found");
}

#[tokio::test]
async fn a_wish_with_a_key_is_made_once_and_its_password_is_kept_nowhere() {
    let platform = Platform::start().await;
    let (_, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let asked = |password: &str| RequestEmailChangeRequest {
        new_email: "ann@example.org".into(),
        password: password.into(),
        ..Default::default()
    };
    let mut ids = Vec::new();
    for _ in 0..2 {
        let asked = keyed(&cx, "k", asked(PASSWORD));
        let wished = platform.email_changes().request_email_change(asked).await;
        ids.push(wished.expect("wishes").into_inner().change_id);
    }
    assert_eq!(ids[0], ids[1]);
    let wrong = keyed(&cx, "k", asked("wrong one"));
    let wrong = platform.email_changes().request_email_change(wrong).await;
    assert_eq!(reason(&wrong.expect_err("is wrong")), "wrong_password");
    let other = RequestEmailChangeRequest { new_email: "x@example.org".into(), ..asked(PASSWORD) };
    let reused = platform.email_changes().request_email_change(keyed(&cx, "k", other)).await;
    assert_eq!(reason(&reused.expect_err("another wish")), "idempotency_key_reused");
    let kept =
        "select count(distinct fingerprint) from replies where operation = 'RequestEmailChange'
                and fingerprint is not null";
    assert_eq!(platform.database.count(kept).await, 1);
}

#[tokio::test]
async fn letters_are_bounded_by_person_and_by_the_address_they_go_to() {
    let platform = Platform::start().await;
    let (_, ann) = somebody(&platform, tenant(), "ann@example.com").await;
    for wished in 0..5 {
        wish(&platform, &ann, &format!("ann{wished}@example.org"), PASSWORD).await.expect("wishes");
    }
    let refused = wish(&platform, &ann, "ann@example.org", PASSWORD).await.expect_err("too many");
    assert_eq!(reason(&refused), "email_change_budget");
    assert!(code_of(&refused).retry_after.is_some_and(|after| after.as_secs() > 3_600));
    for wished in 0..6 {
        let (_, cx) = somebody(&platform, tenant(), &format!("p{wished}@example.com")).await;
        let asked = wish(&platform, &cx, "victim@example.net", PASSWORD).await;
        assert_eq!(asked.is_ok(), wished < 5, "{asked:?}");
    }
    platform.wait_hours(25);
    wish(&platform, &ann, "victim@example.net", PASSWORD).await.expect("another day");
}

#[tokio::test]
async fn no_table_holds_the_secret_of_a_link_and_only_the_notifier_is_told() {
    let platform = Platform::start().await;
    let (_, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let change = wish(&platform, &cx, "ann@example.org", PASSWORD).await.expect("wishes");
    let mut admin = platform.database.admin().await;
    for side in ["old", "new"] {
        let token = secret(&platform, &change.change_id, side).await;
        let held: i64 = sqlx::query_scalar(
            "select (select count(*) from outbox where data::text like '%' || $1 || '%')
                  + (select count(*) from email_changes e where e::text like '%' || $1 || '%')
                  + (select count(*) from replies r where r::text like '%' || $1 || '%')
                  + (select count(*) from audit_events a where a::text like '%' || $1 || '%')",
        )
        .bind(&token)
        .fetch_one(&mut admin)
        .await
        .expect("counts");
        assert_eq!(held, 0);
    }
    let asked =
        RevealEmailChangeLinkRequest { change_id: change.change_id.clone(), side: "old".into() };
    let mut provisioning = EmailChangesClient::new(platform.service("provisioning"));
    let asked = call(&platform.of("provisioning", TenantId::PLATFORM), asked);
    let refused = provisioning.reveal_email_change_link(asked).await.expect_err("is refused");
    assert_eq!(reason(&refused), "permission_denied");
}
