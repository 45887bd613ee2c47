//! Proving one's own address.

use std::sync::atomic::Ordering;

use crate::{
    fakes::BINDING,
    world::{Ask, World},
};

#[tokio::test]
async fn whoever_has_not_proven_their_address_is_offered_a_letter() {
    let world = World::new();
    let offered = "action=\"/account/address\"";
    let proven = Ask::get("/account/security").operator().send(&world).await;
    assert!(!proven.page(200).contains(offered) && proven.text.contains("operator@usher.example"));
    world.state.unproven.store(true, Ordering::SeqCst);
    assert!(Ask::get("/account").operator().send(&world).await.page(200).contains(offered));
    let stranger = Ask::post("/account/address", "").send(&world).await;
    assert_eq!((stranger.status.as_u16(), stranger.header("location")), (303, "/signin"));
    let forged = Ask::new("POST", "/account/address").operator();
    assert_eq!(forged.header("sec-fetch-site", "cross-site").send(&world).await.status, 403);
    assert!(world.state.letters.lock().expect("letters").is_empty());
}

#[tokio::test]
async fn the_address_is_proven_in_the_browser_that_asked_and_by_no_look() {
    let world = World::new();
    world.state.unproven.store(true, Ordering::SeqCst);
    let ask = Ask::post("/account/address", "").operator().header("accept-language", "ru-RU");
    let asked = ask.send(&world).await;
    assert!(asked.page(200).contains("Look into your mail"));
    assert_eq!(*world.state.letters.lock().expect("letters"), ["ru"]);
    assert!(asked.cookies()[0].starts_with(&format!("usher-letter={BINDING}; Path=/; HttpOnly")));
    let bound = |ask: Ask, binding: &str| {
        ask.header("cookie", &format!("usher=operator-token; usher-letter={binding}"))
    };
    for method in ["GET", "HEAD", "GET"] {
        let opened = bound(Ask::new(method, "/account/address/good"), BINDING).send(&world).await;
        assert_eq!(opened.status, 200);
    }
    for ask in [Ask::get("/account/address/good"), Ask::post("/account/address/good", "")] {
        assert!(ask.operator().send(&world).await.page(400).contains("Not this browser"));
    }
    let foreign = bound(Ask::post("/account/address/good", ""), "other").send(&world).await;
    assert!(foreign.page(400).contains("does not fit"));
    let wrong = bound(Ask::post("/account/address/code", "code=00000000"), BINDING);
    assert!(wrong.send(&world).await.page(400).contains("does not fit"));
    assert!(world.state.unproven.load(Ordering::SeqCst), "nothing of it proved anything");
    for ask in [
        Ask::post("/account/address/good", ""),
        Ask::post("/account/address/code", "code=12345678"),
    ] {
        world.state.unproven.store(true, Ordering::SeqCst);
        let proven = bound(ask, BINDING).send(&world).await;
        assert!(proven.page(200).contains("The address is confirmed"));
        assert!(proven.cookies()[0].starts_with("usher-letter=; "), "{:?}", proven.cookies());
        assert!(!world.state.unproven.load(Ordering::SeqCst));
    }
}
