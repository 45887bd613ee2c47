//! Another address is asked for and taken back; looking does neither.

use crate::world::{Ask, World};

const PAGE: &str = "/account/email";
const WISH: &str = "email=ann%40example.org&password=a+long+enough+password";

fn status(world: &World) -> Option<String> {
    world.state.wish.lock().expect("wish").as_ref().map(|wish| wish.status.clone())
}

#[tokio::test]
async fn the_page_asks_for_another_address_and_shows_who_has_confirmed() {
    let world = World::new();
    let stranger = Ask::get(PAGE).send(&world).await;
    assert_eq!((stranger.status.as_u16(), stranger.header("location")), (303, "/signin"));
    let account = Ask::get("/account").operator().send(&world).await;
    assert!(account.page(200).contains("href=\"/account/email\""), "it is found from there");
    let empty = Ask::get(PAGE).operator().send(&world).await;
    assert!(empty.page(200).contains("Send both letters") && !empty.text.contains("Take it back"));
    let asked = Ask::post(PAGE, WISH).operator().send(&world).await;
    assert_eq!((asked.status.as_u16(), asked.header("location")), (303, PAGE));
    let shown = Ask::get(PAGE).operator().send(&world).await;
    for words in ["ann@example.com", "ann@example.org", "not confirmed yet", "Take it back"] {
        assert!(shown.page(200).contains(words), "{words}: {}", shown.text);
    }
    world.state.wish.lock().expect("wish").as_mut().expect("a wish").status = "done".into();
    let done = Ask::get(PAGE).operator().send(&world).await;
    assert!(done.page(200).contains("Your address was changed"), "{}", done.text);
}

#[tokio::test]
async fn looking_and_other_sites_ask_for_nothing_and_take_nothing_back() {
    let world = World::new();
    let withdraw = "/account/email/withdraw";
    for method in ["GET", "HEAD"] {
        let looked = Ask::new(method, &format!("{PAGE}?{WISH}")).operator().send(&world).await;
        assert_eq!(looked.status, 200, "{method}");
    }
    assert_eq!(status(&world), None);
    Ask::post(PAGE, WISH).operator().send(&world).await;
    assert_eq!(Ask::get(withdraw).operator().send(&world).await.status, 405);
    for address in [PAGE, withdraw] {
        let forged = Ask::new("POST", address).operator().header("sec-fetch-site", "cross-site");
        assert_eq!(forged.send(&world).await.status, 403, "{address}");
    }
    assert_eq!(status(&world).as_deref(), Some("pending"));
    for _ in 0..2 {
        let taken = Ask::post(withdraw, "").operator().send(&world).await;
        assert_eq!((taken.status.as_u16(), taken.header("location")), (303, PAGE));
    }
    assert_eq!(status(&world).as_deref(), Some("withdrawn"));
}

#[tokio::test]
async fn what_is_wrong_with_a_wish_is_said_and_the_password_is_not_repeated() {
    let world = World::new();
    for (form, words) in [
        ("email=ann%40example.org&password=canary+of+a+password", "not your password"),
        ("email=ann%40example.com&password=a+long+enough+password", "your address already"),
    ] {
        let refused = Ask::post(PAGE, form).operator().send(&world).await;
        assert!(refused.page(400).contains(words), "{words}: {}", refused.text);
        assert!(!refused.text.contains("canary"));
    }
    let without =
        Ask::post(PAGE, "email=ann%40example.org&password=").operator().send(&world).await;
    let seen = (without.status.as_u16(), without.header("location"));
    assert_eq!(seen, (303, "/account/prove"), "whoever has no password proves otherwise");
    let hostile = "email=%22%3E%3Cscript%3Ealert%281%29&password=wrong";
    let refused = Ask::post(PAGE, hostile).operator().send(&world).await;
    assert!(!refused.page(400).contains("<script>alert"), "an address is only text");
    assert_eq!(Ask::post(PAGE, "email=x").operator().send(&world).await.status, 400);
    assert_eq!(status(&world), None);
}
