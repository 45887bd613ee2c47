//! The invitation.

use std::sync::atomic::Ordering;

use tonic::Code;

use crate::{
    fakes::refusal,
    world::{Ask, HOSTILE, World, invitation},
};

const LINK: &str = "/invite/canary-token";
const GOOD: &str = "password=correct+horse+battery&repeated=correct+horse+battery";

fn accepted(world: &World) -> usize {
    world.state.accepted.load(Ordering::SeqCst)
}

#[tokio::test]
async fn looking_shows_the_invitation_and_consumes_nothing() {
    let world = World::new();
    let shown = Ask::get(LINK).send(&world).await;
    for words in
        ["Math &#38; Art School", "anna.petrova@clients.example", "18 November 2026, 11:06 UTC"]
    {
        assert!(shown.page(200).contains(words), "{words} is missing in {}", shown.text);
    }
    assert!(!shown.text.contains("canary-token"), "the page does not repeat the token");
    assert_eq!(Ask::new("HEAD", LINK).send(&world).await.status, 200);
    Ask::get(LINK).header("sec-purpose", "prefetch").send(&world).await.page(200);
    assert_eq!(accepted(&world), 0);
}

#[tokio::test]
async fn a_password_accepts_it() {
    let world = World::new();
    let done = Ask::post(LINK, GOOD).send(&world).await;
    assert!(done.page(200).contains("You are in"));
    assert_eq!(accepted(&world), 1);
}

#[tokio::test]
async fn another_site_cannot_accept() {
    let world = World::new();
    let forged = Ask::new("POST", LINK).header("sec-fetch-site", "cross-site");
    assert_eq!(forged.send(&world).await.status, 403);
    assert_eq!(accepted(&world), 0);
}

#[tokio::test]
async fn what_is_wrong_with_the_password_stands_at_its_field() {
    let world = World::new();
    let long = format!("password={0}&repeated={0}", "x".repeat(1025));
    for (form, words) in [
        ("password=short&repeated=short", "fewer than 15"),
        ("password=correct+horse+battery&repeated=something+else", "differ"),
        ("password=correct+horse+battery", "differ"),
        (long.as_str(), "more than 1,024"),
    ] {
        let again = Ask::post(LINK, form).send(&world).await;
        assert!(again.page(400).contains(words), "{words}: {}", again.text);
        assert!(
            again.text.contains("aria-invalid=\"true\"") && !again.text.contains("correct horse")
        );
    }
    assert_eq!(accepted(&world), 0, "nobody was asked");
    let refused = refusal(Code::InvalidArgument, "password_refused", "Too common.");
    *world.state.refuse_password.lock().expect("refusal") = Some(refused);
    let again = Ask::post(LINK, GOOD).send(&world).await;
    assert!(again.page(400).contains("too easy to guess"));
}

#[tokio::test]
async fn somebody_with_an_account_gives_its_password() {
    let world = World::new();
    world.state.invitation.lock().expect("invitation").needs_password = false;
    let shown = Ask::get(LINK).send(&world).await;
    assert!(
        shown.page(200).contains("already have an account") && !shown.text.contains("repeated")
    );
    let wrong = refusal(Code::Unauthenticated, "wrong_password", "Wrong.");
    *world.state.refuse_password.lock().expect("refusal") = Some(wrong);
    let again = Ask::post(LINK, "password=short").send(&world).await;
    assert!(again.page(400).contains("not the password of your account"));
}

#[tokio::test]
async fn the_page_speaks_the_language_of_the_letter() {
    let world = World::new();
    *world.state.invitation.lock().expect("invitation") = invitation("ru");
    let shown = Ask::get(LINK).send(&world).await;
    assert!(shown.page(200).contains("lang=\"ru\"") && shown.text.contains("Принять приглашение"));
    assert!(shown.text.contains("18 ноября 2026"));
    let again = Ask::post(LINK, "password=short&repeated=short").send(&world).await;
    assert!(again.page(400).contains("меньше 15 символов"));
}

#[tokio::test]
async fn a_link_that_works_no_more_says_why() {
    let world = World::new();
    for (reason, code, status, words) in [
        ("invitation_used", Code::FailedPrecondition, 410, "accepted already"),
        ("invitation_expired", Code::FailedPrecondition, 410, "has expired"),
        ("invitation_revoked", Code::FailedPrecondition, 410, "taken back"),
        ("invitation_replaced", Code::FailedPrecondition, 410, "newer letter"),
        ("invitation_link_exhausted", Code::FailedPrecondition, 410, "Too many wrong passwords"),
        ("inviter_lacks_role", Code::PermissionDenied, 410, "may not do so any more"),
        ("tenant_suspended", Code::PermissionDenied, 410, "suspended at the moment"),
        ("invitation_not_found", Code::NotFound, 404, "incomplete or unknown"),
        ("database_unavailable", Code::Unavailable, 503, "away for a moment"),
    ] {
        let why = refusal(code, reason, "10.0.0.3: select");
        *world.state.closed.lock().expect("closed") = Some(why);
        for ask in [Ask::get(LINK), Ask::post(LINK, GOOD)] {
            let page = ask.send(&world).await;
            assert!(page.page(status).contains(words), "{reason}: {}", page.text);
            assert!(!page.text.contains("select"));
        }
    }
    let russian = Ask::get(LINK).header("accept-language", "ru").send(&world).await;
    assert!(russian.page(503).contains("Попробуйте ещё раз"));
    assert_eq!(accepted(&world), 0);
}

#[tokio::test]
async fn hostile_words_in_an_invitation_do_nothing() {
    let world = World::new();
    {
        let mut invitation = world.state.invitation.lock().expect("invitation");
        invitation.tenant_name = HOSTILE.into();
        invitation.name = HOSTILE.into();
        invitation.email = HOSTILE.into();
    }
    let shown = Ask::get(LINK).send(&world).await;
    assert!(shown.page(200).contains("&#60;script&#62;") && !shown.text.contains("\" onload"));
}
