//! The console's own files.

use crate::world::{Ask, World};

#[tokio::test]
async fn files_are_kept_for_ever_under_their_version_and_checked_under_any_other() {
    let world = World::new();
    let page = Ask::get("/signin").send(&world).await;
    let start = page.page(200).find("/assets/console.css").expect("a stylesheet");
    let address: String = page.text[start..].chars().take_while(|c| *c != '"').collect();
    let file = Ask::get(&address).send(&world).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "text/css"));
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    let other = Ask::get("/assets/console.css?v=old").send(&world).await;
    assert_eq!(other.header("cache-control"), "no-cache");
    assert_eq!(other.header("etag"), file.header("etag"));
}

#[tokio::test]
async fn people_get_a_page_where_there_is_nothing_and_programs_a_problem() {
    let world = World::new();
    for address in ["/assets/no.css", "/nowhere"] {
        assert!(Ask::get(address).send(&world).await.page(404).contains("Not found"));
    }
    for ask in [Ask::get("/v1/nowhere"), Ask::get("/t/demo/v1/nowhere")] {
        let answer = ask.send(&world).await;
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    assert!(Ask::get("/t/nobody/").send(&world).await.page(404).contains("no such tenant"));
}
