//! Single sign-on: the browser goes to the provider and comes back to where it began.

use std::sync::atomic::Ordering;

use crate::{
    fakes::{MEMBER, OPERATOR},
    world::{Ask, World},
};

/// The way back of the operator's connection.
fn back(answer: &str) -> String {
    format!("/signin/sso/back/{OPERATOR}?{answer}")
}

const GOOD: &str = "state=s&code=c&iss=https%3A%2F%2Fidp.example";

#[tokio::test]
async fn a_tenants_sign_in_page_offers_its_providers_as_text() {
    let world = World::new();
    let shown = Ask::get("/t/demo/signin").send(&world).await;
    assert!(shown.page(200).contains(&format!("href=\"/t/demo/signin/sso/{OPERATOR}\"")));
    assert!(!shown.text.contains("<script>alert"), "a name is only text");
    let plain = Ask::get("/signin").send(&world).await;
    assert!(!plain.page(200).contains("/signin/sso/"), "the platform has none");
}

#[tokio::test]
async fn the_browser_goes_to_the_provider_and_comes_back_to_its_tenant() {
    let world = World::new();
    let gone = Ask::get(&format!("/t/demo/signin/sso/{OPERATOR}")).send(&world).await;
    assert_eq!(
        (gone.status.as_u16(), gone.header("location")),
        (303, "https://idp.example/authorize?state=s")
    );
    let cookie = gone.cookies()[0].to_owned();
    assert!(
        cookie.starts_with("usher-sso=sso-binding~/t/demo; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    let held = "usher-sso=sso-binding~/t/demo";
    let back = Ask::get(&back(GOOD)).header("cookie", held).send(&world).await;
    assert_eq!((back.status.as_u16(), back.header("location")), (303, "/t/demo/"));
    let cookies = back.cookies();
    assert!(cookies[0].starts_with("usher=operator-token;"), "{cookies:?}");
    assert!(cookies[1].starts_with("usher-sso=; ") && cookies[1].contains("Max-Age=0"));
}

#[tokio::test]
async fn from_a_tenants_own_host_the_way_begins_where_it_comes_back_to() {
    let world = World::new();
    let address = format!("/signin/sso/{OPERATOR}");
    let sent = Ask::get(&address).host("demo.localhost:8080").send(&world).await;
    let expected = format!("https://usher.example/t/demo/signin/sso/{OPERATOR}");
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, expected.as_str()));
    assert!(sent.cookies().is_empty(), "nothing is held here");
}

#[tokio::test]
async fn another_browser_or_a_refusal_signs_nobody_in() {
    let world = World::new();
    let held = "usher-sso=sso-binding~/t/demo";
    for ask in [
        Ask::get(&back(GOOD)),
        Ask::get(&back(GOOD)).header("cookie", "usher-sso=other~/t/demo"),
        Ask::get(&back("state=s&error=access_denied")).header("cookie", held),
        Ask::get(&back("")).header("cookie", held),
        Ask::get(&format!("/signin/sso/back/other?{GOOD}")).header("cookie", held),
    ] {
        let refused = ask.send(&world).await;
        assert!(refused.page(403).contains("did not succeed"));
        assert!(refused.cookies().iter().all(|cookie| cookie.contains("Max-Age=0")));
    }
}

#[tokio::test]
async fn a_person_links_and_unlinks_providers_after_a_fresh_proof() {
    let world = World::new();
    let page = Ask::get("/t/demo/account").operator().send(&world).await;
    let shown = page.page(200);
    assert!(shown.contains(&format!("action=\"/t/demo/account/sso/{MEMBER}/remove\"")));
    assert!(shown.contains(&format!("href=\"/t/demo/account/sso/{OPERATOR}\"")));
    assert!(!shown.contains("<script>alert"), "names are only text");
    let address = format!("/t/demo/account/sso/{OPERATOR}");
    let remove = format!("/t/demo/account/sso/{MEMBER}/remove");
    world.state.stale.store(true, Ordering::SeqCst);
    for ask in [Ask::get(&address), Ask::post(&remove, "")] {
        let stale = ask.operator().send(&world).await;
        assert_eq!(
            (stale.status.as_u16(), stale.header("location")),
            (303, "/t/demo/account/prove")
        );
    }
    world.state.stale.store(false, Ordering::SeqCst);
    let gone = Ask::get(&address).operator().send(&world).await;
    assert_eq!(gone.header("location"), "https://idp.example/authorize?state=link");
    assert!(gone.cookies()[0].starts_with("usher-sso=link-binding~/t/demo;"));
    let lured = Ask::get(&address).operator().header("sec-fetch-site", "cross-site");
    let lured = lured.send(&world).await;
    assert!(lured.page(403).contains("another site may not") && lured.cookies().is_empty());
    let stranger = Ask::get(&address).send(&world).await;
    assert_eq!((stranger.status.as_u16(), stranger.header("location")), (303, "/t/demo/signin"));
    let removed = Ask::post(&remove, "").operator().send(&world).await;
    assert_eq!((removed.status.as_u16(), removed.header("location")), (303, "/t/demo/account"));
    let forged = Ask::new("POST", &remove).operator().header("sec-fetch-site", "cross-site");
    assert_eq!(forged.send(&world).await.status, 403);
    assert_eq!(*world.state.operated.lock().expect("operated"), [format!("unlink {MEMBER}")]);
}

#[tokio::test]
async fn linking_from_a_tenants_own_host_goes_on_at_the_account_page_where_it_comes_back_to() {
    let world = World::new();
    let begin = Ask::get(&format!("/account/sso/{OPERATOR}")).host("demo.localhost:8080");
    let begin = begin.operator().header("sec-fetch-site", "same-origin");
    let sent = begin.send(&world).await;
    let there = "https://usher.example/t/demo/account";
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, there));
    // The browser says of the whole way that it came from another host.
    let hop = Ask::get("/t/demo/account").operator().header("sec-fetch-site", "same-site");
    let shown = hop.send(&world).await;
    let address = format!("/t/demo/account/sso/{OPERATOR}");
    assert!(shown.page(200).contains(&format!("href=\"{address}\"")));
    let clicked = Ask::get(&address).operator().header("sec-fetch-site", "same-origin");
    let gone = clicked.send(&world).await;
    assert_eq!(gone.header("location"), "https://idp.example/authorize?state=link");
}
