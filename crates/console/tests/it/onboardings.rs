//! The tenants, and a tenant's onboardings.

use crate::world::{Ask, HOSTILE, World, client};

#[tokio::test]
async fn an_operator_chooses_among_tenants_and_others_are_told_where_to_go() {
    let world = World::new();
    let page = Ask::get("/").operator().send(&world).await;
    assert!(page.page(200).contains("href=\"/t/demo/\"") && page.text.contains("Language centre"));
    let page = Ask::get("/").member().send(&world).await;
    assert!(page.page(200).contains("Open the address of your workspace"));
    assert!(!page.text.contains("Language centre"));
}

#[tokio::test]
async fn a_tenants_clients_are_listed_with_their_way_and_the_funnel() {
    let world = World::new();
    world.put([client("Anna", "active"), client("Oleg", "failed"), client("Vera", "failed")]);
    let page = Ask::get("/t/demo/").member().send(&world).await;
    let text = page.page(200);
    for words in [
        "<strong>3</strong><span>All</span>",
        "<strong>2</strong><span>Failed</span>",
        "Failed: 2 of 6 stages done",
        "Active: 6 of 6 stages done",
        "it has been revoked.",
        "1 min 14 s",
        "hx-trigger=\"every 1s\"",
    ] {
        assert!(text.contains(words), "{words} is missing in {text}");
    }
    let some = Ask::get("/t/demo/?stage=active").member().send(&world).await;
    assert!(some.page(200).contains("Anna") && !some.text.contains("Oleg"));
}

#[tokio::test]
async fn hostile_names_are_shown_as_they_are_and_do_nothing() {
    let world = World::new();
    let mut hostile = client(HOSTILE, "failed");
    (hostile.reason, hostile.email) = (HOSTILE.into(), HOSTILE.into());
    let address = format!("/t/demo/clients/{}", hostile.client_id);
    world.put([hostile]);
    for address in ["/t/demo/", "/t/demo/live/onboardings", &address] {
        let page = Ask::get(address).member().send(&world).await;
        assert!(page.page(200).contains("&#60;script&#62;alert(1)"), "{}", page.text);
        assert!(!page.text.contains("\" onload"));
    }
    let page = Ask::get("/t/demo/?stage=%22%3E%3Cscript%3E&after=").member().send(&world).await;
    assert!(!page.page(200).contains("\"><script>"));
}

#[tokio::test]
async fn the_part_that_renews_itself_stands_still_while_nothing_changes() {
    let world = World::new();
    world.put([client("Anna", "invited")]);
    let page = Ask::get("/t/demo/?stage=invited").member().send(&world).await;
    let after = page.page(200).split("hx-get=\"").nth(1).expect("renews itself");
    let address =
        after.split('"').next().expect("an address").replace("&amp;", "&").replace("&#38;", "&");
    assert!(address.starts_with("/t/demo/live/onboardings?stage=invited&"), "{address}");
    let part = |address: String| Ask::get(&address).member().header("hx-request", "true");
    assert_eq!(part(address.clone()).send(&world).await.status, 204);
    world.put([client("Oleg", "invited")]);
    let renewed = part(address).send(&world).await;
    assert!(renewed.page(200).contains("Oleg") && !renewed.text.contains("<html"));
}

#[tokio::test]
async fn somebody_elses_tenant_is_a_missing_page() {
    let world = World::new();
    let page = Ask::get("/t/beta/").member().send(&world).await;
    assert!(page.page(404).contains("There is no such tenant."));
}
