//! Creating events.

use kernel::Code;

use crate::house::{House, refused, tenant, wish};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_leaves_one_fact_and_one_audit_row() {
    let house = House::open().await;
    let cx = house.person(tenant());
    let made = house.client().create_event(wire::call(&cx, wish("Tea", 10, 20))).await;
    let made = made.expect("is created").into_inner();
    assert_eq!((made.title.as_str(), made.location.as_str()), ("Tea", "The garden"));
    assert!(!made.created_by.is_empty());
    assert_eq!(house.count("community_events").await, 1);
    assert_eq!(house.count("outbox").await, 1);
    assert_eq!(house.count("audit_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_gives_the_first_event_again_and_another_wish_is_refused() {
    let house = House::open().await;
    let mut cx = house.person(tenant());
    cx.idempotency_key = Some("monday".into());
    let create = async |title| {
        let mut client = house.client();
        client.create_event(wire::call(&cx, wish(title, 10, 20))).await.map(|r| r.into_inner())
    };
    let first = create("Tea").await.expect("is created");
    assert_eq!(create("Tea").await.expect("is repeated"), first);
    let other = refused(create("Coffee").await);
    assert_eq!((other.code, other.reason.as_str()), (Code::Conflict, "idempotency_key_reused"));
    assert_eq!(house.count("community_events").await, 1);
    assert_eq!(house.count("outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_parallel_calls_with_one_key_make_one_event() {
    let house = House::open().await;
    let mut cx = house.person(tenant());
    cx.idempotency_key = Some("storm".into());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (mut client, call) = (house.client(), wire::call(&cx, wish("Tea", 10, 20)));
        calls.spawn(async move { client.create_event(call).await });
    }
    let answers = calls.join_all().await;
    let ids: std::collections::BTreeSet<_> =
        answers.into_iter().map(|a| a.expect("answers").into_inner().event_id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(house.count("community_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_before_the_start_is_refused_by_name() {
    let house = House::open().await;
    let cx = house.person(tenant());
    let refusal = refused(house.client().create_event(wire::call(&cx, wish("Tea", 20, 10))).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Invalid, "invalid_time_range"));
    assert_eq!(refusal.fields[0].field, "endsAt");
    assert!(house.client().create_event(wire::call(&cx, wish("Tea", 20, 20))).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_fields_are_refused_by_name() {
    let house = House::open().await;
    let cx = house.person(tenant());
    for (field, request) in [
        ("title", wish("", 10, 20)),
        ("title", wish(&"x".repeat(201), 10, 20)),
        ("title", wish("two\nlines", 10, 20)),
        ("startsAt", {
            let mut w = wish("Tea", 10, 20);
            w.starts_at = None;
            w
        }),
        ("endsAt", {
            let mut w = wish("Tea", 10, 20);
            w.ends_at = None;
            w
        }),
        ("description", {
            let mut w = wish("Tea", 10, 20);
            w.description = "x".repeat(10_001);
            w
        }),
        ("location", {
            let mut w = wish("Tea", 10, 20);
            w.location = "x".repeat(501);
            w
        }),
    ] {
        let refusal = refused(house.client().create_event(wire::call(&cx, request)).await);
        assert_eq!(refusal.code, Code::Invalid);
        assert_eq!(refusal.fields[0].field, field);
    }
    assert_eq!(house.count("community_events").await, 0);
}
