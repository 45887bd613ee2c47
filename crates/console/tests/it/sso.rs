//! Single sign-on: the browser goes to the provider and comes back to where it began.

use crate::{
    fakes::OPERATOR,
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
