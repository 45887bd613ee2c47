//! The funnel's page, of a tenant and of the platform.

use crate::world::{Ask, World};

#[tokio::test]
async fn the_platform_sees_the_funnel_the_rollout_and_every_reason_of_the_gate() {
    let world = World::new();
    let page = Ask::get("/funnel").operator().send(&world).await;
    let text = page.page(200);
    for words in [
        "clients of the last 30 days",
        "<td>All clients</td>",
        "<td>Limited</td>",
        "50 <span class=\"faint\">62.5 %</span>",
        "45 <span class=\"faint\">93.8 %</span>",
        "<td>1 min 14 s, 5 min 5 s</td>",
        "<strong>success_rate</strong>",
        "979 of 1000 clients succeeded",
        "<strong>critical_incident</strong>",
        "1 min 1 s, at most 20 min 0 s",
        "Invitations are stopped since",
    ] {
        assert!(text.contains(words), "{words} is missing in {text}");
    }
    let home = Ask::get("/").operator().send(&world).await;
    assert!(home.page(200).contains("href=\"/funnel\""));
}

#[tokio::test]
async fn a_tenant_sees_its_own_funnel_and_its_place_but_no_gate() {
    let world = World::new();
    let page = Ask::get("/t/demo/funnel?days=7").member().send(&world).await;
    let text = page.page(200);
    for words in [
        "clients of the last 7 days",
        "href=\"/t/demo/funnel?days=7\" aria-current=\"true\"",
        "New clients of this workspace: <strong>Pilot</strong>",
        "Invitations are stopped since",
    ] {
        assert!(text.contains(words), "{words} is missing in {text}");
    }
    assert!(!text.contains("success_rate"));
}

#[tokio::test]
async fn hostile_words_on_the_funnel_are_shown_and_do_nothing() {
    let world = World::new();
    let platform = Ask::get("/funnel").operator().send(&world).await;
    let tenant = Ask::get("/t/demo/funnel").member().send(&world).await;
    for (page, times) in [(platform, 6), (tenant, 1)] {
        let text = page.page(200);
        assert_eq!(text.matches("&#60;script&#62;alert(1)").count(), times, "{text}");
        assert!(!text.contains("\" onload"));
    }
    let odd = Ask::get("/funnel?days=%22%3E%3Cscript%3E").operator().send(&world).await;
    assert!(odd.page(200).contains("clients of the last 30 days"));
}

#[tokio::test]
async fn whoever_may_not_see_the_platform_sees_no_funnel_of_it() {
    let world = World::new();
    let page = Ask::get("/funnel").member().send(&world).await;
    assert_eq!(page.status, 403);
    let home = Ask::get("/").member().send(&world).await;
    assert!(!home.page(200).contains("href=\"/funnel\""));
    assert_eq!(Ask::get("/funnel").send(&world).await.status, 303);
    assert_eq!(Ask::get("/t/beta/funnel").member().send(&world).await.status, 404);
}
