//! The invitation.

use std::sync::atomic::Ordering;

use tonic::Code;

use crate::{
    fakes::{OPERATOR, refusal},
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

#[tokio::test]
async fn a_persons_look_is_told_from_those_of_machines() {
    let world = World::new();
    let navigates =
        |ask: Ask| ask.header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document");
    for machine in [
        Ask::get(LINK),
        Ask::get(LINK).header("sec-fetch-mode", "navigate"),
        navigates(Ask::new("HEAD", LINK)),
        navigates(Ask::get(LINK)).header("sec-purpose", "prefetch;prerender"),
        navigates(Ask::get(LINK)).header("purpose", "prefetch"),
        navigates(Ask::post(LINK, "password=short")),
    ] {
        machine.send(&world).await;
        assert_eq!(world.state.seen.load(Ordering::SeqCst), 0);
    }
    navigates(Ask::get(LINK)).send(&world).await.page(200);
    assert_eq!(world.state.seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_provider_of_the_tenant_that_invites_is_offered_and_leads_into_it() {
    let world = World::new();
    let shown = Ask::get(LINK).send(&world).await;
    let offer = format!("name=\"with\" value=\"{OPERATOR}\"");
    assert!(shown.page(200).contains(&offer) && shown.text.contains("Continue with"));
    assert!(!shown.text.contains("<script>alert"), "a name is only text");
    let with = format!("with={OPERATOR}");
    let gone = Ask::post(LINK, &with).send(&world).await;
    // No redirect: browsers follow none from a form to another site.
    let leads = "content=\"0; url=https://idp.example/authorize?state=s\"";
    assert!(gone.page(200).contains(leads), "{}", gone.text);
    assert!(!gone.text.contains("<script>alert"), "a name is only text");
    let held = "usher-sso=invited-binding~/t/demo~canary-token";
    let cookie = gone.cookies()[0];
    assert!(cookie.starts_with(&format!("{held}; Path=/; HttpOnly; SameSite=Lax")), "{cookie}");
    for method in ["GET", "HEAD"] {
        let looked = Ask::new(method, &format!("{LINK}?{with}")).send(&world).await;
        assert!(looked.status == 200 && looked.cookies().is_empty(), "nothing begins by looking");
    }
    for site in ["cross-site", "same-site"] {
        let lured = Ask::new("POST", LINK).header("sec-fetch-site", site).send(&world).await;
        assert!(lured.status == 403 && lured.cookies().is_empty(), "{site}");
    }
    let answer = "state=s&code=c&iss=https%3A%2F%2Fidp.example";
    let address = format!("/signin/sso/back/{OPERATOR}?{answer}");
    let back = Ask::get(&address).header("cookie", held).send(&world).await;
    assert_eq!((back.status.as_u16(), back.header("location")), (303, "/t/demo/"));
    assert!(back.cookies()[0].starts_with("usher=operator-token;"));
    let sent = Ask::post(LINK, &with).host("demo.localhost:8080").send(&world).await;
    let leads = format!("content=\"0; url=https://usher.example{LINK}\"");
    assert!(sent.page(200).contains(&leads), "there the person begins again: {}", sent.text);
    assert!(sent.cookies().is_empty(), "nothing is held at a tenant's own host");
}

#[tokio::test]
async fn where_the_providers_word_lets_nobody_in_the_invitation_says_why() {
    let world = World::new();
    let held = "usher-sso=invited-binding~/t/demo~canary-token";
    let address = format!("/signin/sso/back/{OPERATOR}?state=s&code=c");
    for (reason, words) in [
        ("sso_other_address", "another address than the invited one"),
        ("sso_link_first", "You have an account already"),
        ("sso_not_admitted", "does not let you in"),
        ("sso_refused", "did not let you in"),
        ("peer_unavailable", "could not be checked"),
    ] {
        let why = refusal(Code::PermissionDenied, reason, "10.0.0.3: select");
        *world.state.unvouched.lock().expect("unvouched") = Some(why);
        let back = Ask::get(&address).header("cookie", held).send(&world).await;
        let page = format!("{LINK}?refused={reason}");
        assert_eq!((back.status.as_u16(), back.header("location")), (303, page.as_str()));
        assert!(back.cookies().iter().all(|cookie| cookie.contains("Max-Age=0")));
        let shown = Ask::get(&page).send(&world).await;
        assert!(shown.page(200).contains(words), "{reason}: {}", shown.text);
    }
    let closed = refusal(Code::FailedPrecondition, "sso_invitation_closed", "Over.");
    *world.state.unvouched.lock().expect("unvouched") = Some(closed);
    let back = Ask::get(&address).header("cookie", held).send(&world).await;
    assert_eq!(back.header("location"), LINK, "the page finds out by itself");
    assert_eq!(accepted(&world), 0);
}
