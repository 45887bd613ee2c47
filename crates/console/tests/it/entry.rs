//! The other ways in: letters, the second factor, and a person's own sign-in.

use std::sync::atomic::Ordering;

use crate::{
    fakes::{BINDING, MEMBER},
    world::{Ask, World},
};

#[tokio::test]
async fn asking_for_a_new_password_has_one_answer_in_the_browsers_language() {
    let world = World::new();
    assert!(Ask::get("/forgot").send(&world).await.page(200).contains("Send the link"));
    let ask = |email: &str| {
        Ask::post("/forgot", &format!("email={email}")).header("accept-language", "ru-RU")
    };
    let known = ask("operator%40usher.example").send(&world).await.page(200).to_owned();
    let unknown = ask("nobody%40usher.example").send(&world).await.page(200).to_owned();
    assert_eq!(known, unknown);
    assert_eq!(*world.state.letters.lock().expect("letters"), ["ru", "ru"]);
    let bad = Ask::post("/forgot", "email=%22%3E%3Cscript%3E").send(&world).await;
    assert!(bad.page(400).contains("no e-mail address") && !bad.text.contains("\"><script"));
}

#[tokio::test]
async fn opening_a_reset_link_changes_nothing_and_the_form_sets_the_password() {
    let world = World::new();
    for method in ["GET", "HEAD", "GET"] {
        assert_eq!(Ask::new(method, "/reset/good").send(&world).await.status, 200);
    }
    let form = "password=canary+of+a+new+password&repeated=canary+of+a+new+password";
    let differ =
        Ask::post("/reset/good", "password=canary+one&repeated=canary+two").send(&world).await;
    assert!(differ.page(400).contains("differ") && !differ.text.contains("canary"));
    let set = Ask::post("/reset/good", form).send(&world).await;
    assert!(set.page(200).contains("The password is set") && set.cookies().is_empty());
    let gone = Ask::post("/reset/bad", form).send(&world).await;
    assert!(gone.page(410).contains("does not work any more") && !gone.text.contains("canary"));
}

#[tokio::test]
async fn a_letter_signs_in_only_in_the_browser_that_asked() {
    let world = World::new();
    let asked = Ask::post("/signin/letter", "email=operator%40usher.example").send(&world).await;
    assert!(asked.page(200).contains("Look into your mail"));
    let cookie = asked.cookies()[0];
    assert!(cookie.starts_with(&format!("usher-letter={BINDING}; Path=/; HttpOnly; SameSite=Lax")));
    let bound = format!("usher-letter={BINDING}");

    let opened = Ask::get("/signin/letter/good").header("cookie", &bound).send(&world).await;
    assert!(opened.page(200).contains("<form method=\"post\"") && opened.cookies().is_empty());
    let elsewhere = Ask::get("/signin/letter/good").send(&world).await;
    assert!(elsewhere.page(400).contains("Not this browser"));
    let elsewhere = Ask::post("/signin/letter/good", "").send(&world).await;
    assert!(elsewhere.page(400).contains("Not this browser") && elsewhere.cookies().is_empty());
    let foreign = Ask::post("/signin/code", "code=12345678").header("cookie", "usher-letter=other");
    assert!(foreign.send(&world).await.page(401).contains("does not fit"));

    for ask in [Ask::post("/signin/letter/good", ""), Ask::post("/signin/code", "code=12345678")] {
        let entered = ask.header("cookie", &bound).send(&world).await;
        assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/"));
        let cookies = entered.cookies();
        assert!(cookies[0].starts_with("usher=operator-token;"), "{cookies:?}");
        assert!(cookies[1].starts_with("usher-letter=; ") && cookies[1].contains("Max-Age=0"));
    }
}

#[tokio::test]
async fn a_second_factor_is_asked_for_before_the_session_begins() {
    let world = World::new();
    let form = "email=guarded%40usher.example&password=a+long+enough+password";
    let half = Ask::post("/signin", form).send(&world).await;
    assert_eq!((half.status.as_u16(), half.header("location")), (303, "/signin/factor"));
    assert!(half.cookies()[0].starts_with("usher-waiting=waiting-token; Path=/; HttpOnly"));
    let without = Ask::post("/signin/factor", "code=123456").send(&world).await;
    assert_eq!((without.status.as_u16(), without.header("location")), (303, "/signin"));
    let waiting = |code: &str| {
        Ask::post("/signin/factor", &format!("code={code}"))
            .header("cookie", "usher-waiting=waiting-token")
    };
    assert!(waiting("000000").send(&world).await.page(401).contains("does not fit"));
    let entered = waiting("123456").send(&world).await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/"));
    let cookies = entered.cookies();
    assert!(cookies[0].starts_with("usher=operator-token;"), "{cookies:?}");
    assert!(cookies[1].starts_with("usher-waiting=; "), "{cookies:?}");
}

#[tokio::test]
async fn the_account_page_shows_sessions_as_text_and_ends_them() {
    let world = World::new();
    let stranger = Ask::get("/account").send(&world).await;
    assert_eq!((stranger.status.as_u16(), stranger.header("location")), (303, "/signin"));
    let page = Ask::get("/account").operator().send(&world).await;
    assert!(page.page(200).contains("Firefox on Linux") && page.text.contains("this one"));
    assert!(!page.text.contains("<script>alert"), "a device is only text");
    let end = format!("/account/sessions/{MEMBER}/end");
    for address in [end.as_str(), "/account/sessions/end"] {
        let ended = Ask::post(address, "").operator().send(&world).await;
        assert_eq!((ended.status.as_u16(), ended.header("location")), (303, "/account"));
        let forged = Ask::new("POST", address).operator().header("sec-fetch-site", "cross-site");
        assert_eq!(forged.send(&world).await.status, 403);
    }
    assert_eq!(world.state.ended.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let world = World::new();
    let change = |current: &str, repeated: &str| {
        let form = format!("current={current}&password=canary+of+a+new+one&repeated={repeated}");
        Ask::post("/account/password", &form).operator()
    };
    let differ = change("a+long+enough+password", "another").send(&world).await;
    assert!(differ.page(400).contains("differ"));
    let wrong = change("wrong", "canary+of+a+new+one").send(&world).await;
    assert!(
        wrong.page(400).contains("not your current password") && !wrong.text.contains("canary")
    );
    let changed = change("a+long+enough+password", "canary+of+a+new+one").send(&world).await;
    assert!(changed.page(200).contains("The password is changed"));
}

#[tokio::test]
async fn an_app_is_set_up_after_a_fresh_proof() {
    let world = World::new();
    world.state.stale.store(true, Ordering::SeqCst);
    let stale = Ask::post("/account/totp", "").operator().send(&world).await;
    assert_eq!((stale.status.as_u16(), stale.header("location")), (303, "/account/prove"));
    let wrong = Ask::post("/account/prove", "password=wrong&code=").operator().send(&world).await;
    assert!(wrong.page(400).contains("not your password"));
    let proof = "password=a+long+enough+password&code=";
    let proven = Ask::post("/account/prove", proof).operator().send(&world).await;
    assert_eq!((proven.status.as_u16(), proven.header("location")), (303, "/account"));
    assert!(proven.cookies()[0].starts_with("usher=operator-token;"), "another token");
    world.state.stale.store(false, Ordering::SeqCst);
    let begun = Ask::post("/account/totp", "").operator().send(&world).await;
    assert!(begun.page(200).contains("SECRET32"));
    assert!(begun.text.contains("src=\"data:image/png;base64,iVBOR"), "a QR code");
    let set_up = |code: &str| {
        let form = format!("code={code}&secret=SECRET32&uri=otpauth%3A%2F%2Ftotp%2Fx");
        Ask::post("/account/totp/confirm", &form).operator()
    };
    let wrong = set_up("000000").send(&world).await;
    assert!(wrong.page(400).contains("does not fit") && wrong.text.contains("SECRET32"));
    assert!(set_up("123456").send(&world).await.page(200).contains("abcd-efgh"));
}
