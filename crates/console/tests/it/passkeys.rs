//! Passkeys: the pages ask by a script of their own, and the challenge's token stays where no script reads it.

use std::sync::atomic::Ordering;

use crate::{
    fakes::CEREMONY,
    world::{Ask, World},
};

const RIGHT: &str = "credential=%7B%22right%22%3Atrue%7D";

fn bound(ask: Ask, more: &str) -> Ask {
    ask.header("cookie", &format!("usher-passkey={CEREMONY}{more}"))
}

#[tokio::test]
async fn every_page_that_asks_for_a_passkey_loads_the_script_as_a_file() {
    let world = World::new();
    let waiting = Ask::get("/signin/factor").header("cookie", "usher-waiting=waiting-token");
    for (ask, form) in [
        (Ask::get("/signin"), "action=\"/signin/passkey\" data-passkey=\"get\" data-conditional"),
        (waiting, "action=\"/signin/factor/passkey\" data-passkey=\"get\""),
        (Ask::get("/account").operator(), "action=\"/account/passkeys\" data-passkey=\"create\""),
        (Ask::get("/account/prove").operator(), "action=\"/account/prove/passkey\""),
        (Ask::get("/invite/canary-token"), "<form method=\"post\" data-passkey=\"create\""),
    ] {
        let shown = ask.send(&world).await;
        assert!(shown.page(200).contains(form), "{form}: {}", shown.text);
        let start = shown.text.find("/assets/passkeys.js").expect("the script");
        let address: String = shown.text[start..].chars().take_while(|c| *c != '"').collect();
        let script = Ask::get(&address).send(&world).await;
        assert_eq!(
            (script.status.as_u16(), script.header("content-type")),
            (200, "text/javascript")
        );
    }
}

#[tokio::test]
async fn a_passkey_signs_in_where_it_was_asked_for() {
    let world = World::new();
    let begun = Ask::post("/signin/passkey/begin", "").send(&world).await;
    assert_eq!((begun.status.as_u16(), begun.header("content-type")), (200, "application/json"));
    assert_eq!(begun.header("cache-control"), "no-store");
    assert!(!begun.text.contains(CEREMONY), "the token is no script's");
    let cookie = begun.cookies()[0].to_owned();
    assert!(
        cookie.starts_with(&format!("usher-passkey={CEREMONY}; Path=/; HttpOnly; SameSite=Lax"))
    );
    let forged = Ask::new("POST", "/signin/passkey/begin").header("sec-fetch-site", "cross-site");
    assert_eq!(forged.send(&world).await.status, 403);
    let elsewhere = Ask::post("/signin/passkey", RIGHT).send(&world).await;
    assert!(elsewhere.page(401).contains("does not fit") && elsewhere.cookies().is_empty());
    let wrong = bound(Ask::post("/signin/passkey", "credential=%7B%7D"), "").send(&world).await;
    assert!(wrong.page(401).contains("does not fit"));
    let entered = bound(Ask::post("/signin/passkey", RIGHT), "").send(&world).await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/"));
    let cookies = entered.cookies();
    assert!(cookies[0].starts_with("usher=operator-token;"), "{cookies:?}");
    assert!(cookies[1].starts_with("usher-passkey=; ") && cookies[1].contains("Max-Age=0"));
}

#[tokio::test]
async fn a_passkey_is_a_second_factor_and_a_fresh_proof() {
    let world = World::new();
    let stranger = Ask::post("/signin/factor/passkey/begin", "").send(&world).await;
    assert_eq!((stranger.status.as_u16(), stranger.header("location")), (303, "/signin"));
    let begun = Ask::post("/signin/factor/passkey/begin", "")
        .header("cookie", "usher-waiting=waiting-token")
        .send(&world)
        .await;
    assert_eq!(begun.status, 200);
    let show = |form: &str| {
        bound(Ask::post("/signin/factor/passkey", form), "; usher-waiting=waiting-token")
    };
    assert!(show("credential=%7B%7D").send(&world).await.page(401).contains("does not fit"));
    let entered = show(RIGHT).send(&world).await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/"));
    assert!(entered.cookies().iter().any(|cookie| cookie.starts_with("usher-waiting=; ")));
    assert_eq!(
        Ask::post("/account/prove/passkey/begin", "").operator().send(&world).await.status,
        200
    );
    let proven = bound(Ask::post("/account/prove/passkey", RIGHT), "; usher=operator-token");
    let proven = proven.send(&world).await;
    assert_eq!((proven.status.as_u16(), proven.header("location")), (303, "/account"));
}

#[tokio::test]
async fn passkeys_are_added_named_and_removed_on_the_account_page() {
    let world = World::new();
    world.state.stale.store(true, Ordering::SeqCst);
    let stale = Ask::post("/account/passkeys/begin", "").operator().send(&world).await;
    assert_eq!((stale.status.as_u16(), stale.header("location")), (303, "/account/prove"));
    world.state.stale.store(false, Ordering::SeqCst);
    let begun = Ask::post("/account/passkeys/begin", "").operator().send(&world).await;
    assert_eq!(begun.status, 200);
    let signed = |ask: Ask| bound(ask, "; usher=operator-token");
    let form = format!("{RIGHT}&name=Phone");
    let added = signed(Ask::post("/account/passkeys", &form)).send(&world).await;
    assert!(added.page(200).contains("abcd-efgh"), "the recovery codes are shown");
    let late = Ask::post("/account/passkeys", &form).operator().send(&world).await;
    assert!(late.page(400).contains("took too long"));
    let id = crate::fakes::OPERATOR;
    let renamed = Ask::post(&format!("/account/passkeys/{id}/name"), "name=Blue").operator();
    assert_eq!(renamed.send(&world).await.header("location"), "/account");
    assert_eq!(*world.state.operated.lock().expect("operated"), [format!("rename {id} Blue")]);
    let kept =
        Ask::post(&format!("/account/passkeys/{id}/remove"), "").operator().send(&world).await;
    assert!(kept.page(400).contains("only way you sign in"));
    let shown = Ask::get("/account").operator().send(&world).await;
    assert!(!shown.page(200).contains("<script>alert"), "a name is only text");
}

#[tokio::test]
async fn an_invitation_is_accepted_by_a_passkey() {
    let world = World::new();
    let begun = Ask::post("/invite/canary-token/begin", "").send(&world).await;
    assert_eq!((begun.status.as_u16(), begun.header("content-type")), (200, "application/json"));
    assert!(begun.cookies()[0].starts_with("usher-passkey="));
    let accepted = bound(Ask::post("/invite/canary-token", RIGHT), "").send(&world).await;
    assert!(accepted.page(200).contains("You are in"));
    let last = world.state.acceptance.lock().expect("acceptance").clone();
    assert_eq!(
        (last.passkey_token.as_str(), last.passkey_credential.as_str()),
        (CEREMONY, "{\"right\":true}")
    );
    assert_eq!(last.password, "");
}
