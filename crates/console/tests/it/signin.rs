//! Signing in and out.

use std::sync::atomic::Ordering;

use crate::world::{Ask, World};

const FORM: &str = "email=operator%40usher.example&password=a+long+enough+password";

#[tokio::test]
async fn the_form_sets_a_cookie_that_no_script_reads() {
    let world = World::new();
    let form = Ask::get("/t/demo/signin").send(&world).await;
    assert!(form.page(200).contains("to Math &#38; Art &#60;School&#62;"), "{}", form.text);
    let entered = Ask::post("/t/demo/signin", FORM).send(&world).await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/t/demo/"));
    let cookies = entered.cookies();
    assert!(
        cookies[0].starts_with("usher=operator-token; Path=/; HttpOnly; SameSite=Lax; Max-Age=3")
    );
    assert!(!cookies[0].contains("Secure"), "development is in the clear");
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    let world = World::new();
    let entered = Ask::post("/signin", FORM).over_tls().send(&world).await;
    let cookies = entered.cookies();
    assert!(cookies[0].starts_with("__Host-usher=operator-token; Path=/; HttpOnly; SameSite=Lax"));
    assert!(cookies[0].ends_with("; Secure"), "{cookies:?}");
}

#[tokio::test]
async fn a_wrong_password_is_told_without_echoing_it() {
    let world = World::new();
    let form = "email=%22%3E%3Cscript%3E&password=canary-password";
    let refused = Ask::post("/signin", form).send(&world).await;
    assert!(refused.page(401).contains("do not fit together"));
    assert!(!refused.text.contains("canary") && !refused.text.contains("\"><script"));
    assert!(refused.cookies().is_empty());
    let incomplete = Ask::post("/signin", "email=a").send(&world).await;
    assert!(incomplete.page(400).contains("incomplete"));
}

#[tokio::test]
async fn sign_ins_are_limited_by_address() {
    let world = World::new();
    for _ in 0..10 {
        Ask::post("/signin", "email=a%40b.example&password=wrong").send(&world).await.page(401);
    }
    let limited = Ask::post("/signin", FORM).send(&world).await;
    assert!(limited.page(429).contains("Too many tries"));
    assert!(!limited.header("retry-after").is_empty());
}

#[tokio::test]
async fn another_site_can_neither_sign_in_nor_out() {
    let world = World::new();
    for address in ["/signin", "/signout"] {
        let forged = Ask::new("POST", address).operator().header("sec-fetch-site", "cross-site");
        assert_eq!(forged.send(&world).await.status, 403);
    }
    let link = Ask::get("/signin/link/operator-token").header("sec-fetch-site", "cross-site");
    let refused = link.send(&world).await;
    assert!(refused.page(403).contains("another site") && refused.cookies().is_empty());
    assert_eq!(world.state.ended.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_printed_link_signs_in_and_an_old_one_says_so() {
    let world = World::new();
    let link = Ask::get("/signin/link/operator-token").header("sec-fetch-site", "none");
    let entered = link.send(&world).await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/"));
    assert_eq!(entered.header("referrer-policy"), "no-referrer");
    assert_eq!(entered.header("cache-control"), "no-store");
    assert!(entered.cookies()[0].starts_with("usher=operator-token; "));
    let old = Ask::get("/signin/link/old-token").send(&world).await;
    assert!(old.page(410).contains("has ended") && old.cookies().is_empty());
}

#[tokio::test]
async fn signing_out_ends_the_session_and_clears_the_cookie() {
    let world = World::new();
    let left = Ask::post("/t/demo/signout", "").operator().send(&world).await;
    assert_eq!((left.status.as_u16(), left.header("location")), (303, "/t/demo/signin"));
    assert_eq!(world.state.ended.load(Ordering::SeqCst), 1);
    assert!(left.cookies().iter().any(|cookie| cookie.starts_with("usher=; ")));
    assert!(left.cookies().iter().all(|cookie| cookie.contains("Max-Age=0")));
}

#[tokio::test]
async fn strangers_are_sent_to_the_form_and_their_parts_of_pages_too() {
    let world = World::new();
    for cookie in ["", "usher=ended-token"] {
        let sent = Ask::get("/t/demo/").header("cookie", cookie).send(&world).await;
        assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/t/demo/signin"));
    }
    let part = Ask::get("/t/demo/live/onboardings").header("hx-request", "true").send(&world).await;
    assert_eq!((part.status.as_u16(), part.header("hx-redirect")), (401, "/t/demo/signin"));
}
