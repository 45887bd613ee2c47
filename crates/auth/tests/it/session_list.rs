//! A person's sessions: seen, ended one by one or together, and by themselves.

use std::time::Duration;

use kernel::{Code, Cx};
use wire::{
    auth::v1::{
        CreateSessionRequest, EndAllSessionsRequest, EndNamedSessionRequest,
        EndOtherSessionsRequest, ListSessionsRequest, OpenSession, Session,
    },
    call,
};

use crate::house::{House, PASSWORD, from, refusal};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn listed(house: &House, session: &Session) -> Vec<OpenSession> {
    let request = call(&house.of(session), ListSessionsRequest::default());
    house.sessions().list_sessions(request).await.expect("lists").into_inner().sessions
}

async fn ended(house: &House, token: &str) -> bool {
    house
        .identify(token)
        .await
        .is_err_and(|status| wire::code_of(&status).reason == "session_ended")
}

#[tokio::test]
async fn a_person_sees_the_live_sessions_with_device_address_and_last_use() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let other = house.signed_up("bob@example.com").await;
    let cx = Cx { user_agent: Some(FIREFOX.into()), ..from("192.0.2.7") };
    let request =
        CreateSessionRequest { email: "ann@example.com".into(), password: PASSWORD.into() };
    let first = house.sessions().create_session(call(&cx, request)).await.expect("signs in");
    let first = first.into_inner();
    house.clock.advance(Duration::from_secs(60));
    let second = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    house.sign_in("bob@example.com", PASSWORD).await.expect("signs in");
    let seen = listed(&house, &second).await;
    assert_eq!(seen.len(), 2, "{seen:?}: another person's session is not among them ({other})");
    assert_eq!(
        (seen[0].device.as_str(), seen[0].address.as_str()),
        ("Firefox on Linux", "192.0.2.7")
    );
    assert_eq!((seen[0].method.as_str(), seen[0].current), ("password", false));
    assert!(seen[1].current && seen[1].device == "Unknown device");
    assert!(!format!("{seen:?}").contains(&first.token[3..]));
    let again =
        call(&from("192.0.2.9"), wire::auth::v1::IdentifySessionRequest { token: first.token });
    house.sessions().identify_session(again).await.expect("is known");
    let moved = listed(&house, &second).await;
    assert_eq!(moved[0].address, "192.0.2.9", "where it was used last");
    let page = ListSessionsRequest { page_size: 1, page_token: String::new() };
    let page = house.sessions().list_sessions(call(&house.of(&second), page)).await.expect("lists");
    let next = page.into_inner().next_page_token;
    assert_eq!(next, seen[0].session_id);
    let page = ListSessionsRequest { page_size: 1, page_token: next };
    let page = house.sessions().list_sessions(call(&house.of(&second), page)).await.expect("lists");
    assert_eq!(page.into_inner().sessions[0].session_id, second.session_id);
}

#[tokio::test]
async fn one_all_others_and_all_sessions_end() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(house.sign_in("ann@example.com", PASSWORD).await.expect("signs in"));
    }
    let cx = house.of(&sessions[0]);
    let named = || EndNamedSessionRequest { session_id: sessions[1].session_id.clone() };
    for _ in 0..2 {
        let ended = house.sessions().end_named_session(call(&cx, named())).await;
        ended.expect("ends, however often");
    }
    assert!(ended(&house, &sessions[1].token).await);
    assert_eq!(listed(&house, &sessions[0]).await.len(), 3);
    let others = house.sessions().end_other_sessions(call(&cx, EndOtherSessionsRequest {})).await;
    assert_eq!(others.expect("ends").into_inner().ended, 2);
    assert!(ended(&house, &sessions[3].token).await);
    house.identify(&sessions[0].token).await.expect("this one stays");
    let all = house.sessions().end_all_sessions(call(&cx, EndAllSessionsRequest {})).await;
    assert_eq!(all.expect("ends").into_inner().ended, 1);
    assert!(ended(&house, &sessions[0].token).await);
    let told = house.text("select string_agg(data->>'cause' || ' ' || (data->>'ended'), ', ' order by id) from outbox where kind = 'auth.sessions.ended'").await;
    assert_eq!(told, "by_hand 2, by_hand 1");
}

#[tokio::test]
async fn another_persons_session_is_one_that_is_not_there() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    house.signed_up("eve@example.com").await;
    let ann = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let eve = house.sign_in("eve@example.com", PASSWORD).await.expect("signs in");
    let cx = house.of(&eve);
    for session_id in [ann.session_id.clone(), uuid::Uuid::now_v7().to_string()] {
        let request = call(&cx, EndNamedSessionRequest { session_id });
        let refused = refusal(house.sessions().end_named_session(request).await);
        assert_eq!(refused, (Code::NotFound, "session_not_found".into()));
    }
    house.identify(&ann.token).await.expect("still is known");
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends_and_is_no_longer_listed() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let idle = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let used = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    for _ in 0..2 {
        house.clock.advance(Duration::from_secs(3_600));
        house.identify(&used.token).await.expect("is in use");
    }
    let refused = refusal(house.identify(&idle.token).await);
    assert_eq!(refused, (Code::Unauthenticated, "session_expired".into()));
    let seen = listed(&house, &used).await;
    assert_eq!(seen.len(), 1);
    for _ in 0..9 {
        house.clock.advance(Duration::from_secs(3_600));
        house.identify(&used.token).await.expect("is in use");
    }
    house.clock.advance(Duration::from_secs(3_600));
    let refused = refusal(house.identify(&used.token).await);
    assert_eq!(refused, (Code::Unauthenticated, "session_expired".into()), "12 hours have passed");
}
