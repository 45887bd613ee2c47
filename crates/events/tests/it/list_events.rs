//! Listing events.

use kernel::{Cx, TenantId};
use wire::events::v1::ListEventsRequest;

use crate::house::{House, tenant, wish};

async fn with_events(house: &House, tenant: TenantId, events: &[(&str, i64, i64)]) -> Cx {
    let cx = house.person(tenant);
    for (title, starts, ends) in events {
        let made = house.client().create_event(wire::call(&cx, wish(title, *starts, *ends))).await;
        made.expect("is created");
    }
    cx
}

async fn titles(house: &House, cx: &Cx, mut ask: ListEventsRequest) -> Vec<String> {
    let mut titles = Vec::new();
    loop {
        let page = house.client().list_events(wire::call(cx, ask.clone())).await;
        let page = page.expect("lists").into_inner();
        titles.extend(page.events.into_iter().map(|event| event.title));
        if page.next_page_token.is_empty() {
            return titles;
        }
        ask.page_token = page.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_touch_the_span_are_listed_soonest_first() {
    let house = House::open().await;
    let events = [("late", 50, 60), ("early", 0, 10), ("long", 5, 55), ("middle", 20, 30)];
    let cx = with_events(&house, tenant(), &events).await;
    with_events(&house, tenant(), &[("foreign", 20, 30)]).await;
    let at = |seconds| {
        Some(wire::timestamp(jiff::Timestamp::from_second(seconds).expect("a second").into()))
    };
    let span = |from, to| ListEventsRequest { from, to, ..Default::default() };

    assert_eq!(titles(&house, &cx, span(None, None)).await, ["early", "long", "middle", "late"]);
    assert_eq!(titles(&house, &cx, span(at(11), at(19))).await, ["long"]);
    assert_eq!(
        titles(&house, &cx, span(at(10), at(20))).await,
        ["early", "long", "middle"],
        "borders belong"
    );
    assert_eq!(titles(&house, &cx, span(at(61), None)).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_event_once_though_all_start_together() {
    let house = House::open().await;
    let names: Vec<String> = (0..7).map(|n| format!("event {n}")).collect();
    let events: Vec<_> = names.iter().map(|name| (name.as_str(), 10, 20)).collect();
    let cx = with_events(&house, tenant(), &events).await;
    let ask = ListEventsRequest { page_size: 3, ..Default::default() };
    assert_eq!(titles(&house, &cx, ask).await, names);
}
