//! Servers that go away, come back, and forget.

use serde_json::json;
use uuid::Uuid;

use crate::house::{House, Server, assert_ordered, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_wait_while_nats_is_away_and_leave_when_it_is_back() {
    let mut server = Server::start();
    let house = House::build_with_nats(&server.url()).await;
    let relay = house.relay();
    let aggregate = Uuid::now_v7();
    for _ in 0..20 {
        house.tell_invite(aggregate).await;
    }
    house.until_count(20).await;
    server.fall();
    for _ in 0..20 {
        house.tell_invite(aggregate).await;
    }
    eventually("the connection is known to be lost", async || !house.nats.is_connected()).await;
    server.rise();
    eventually("the connection heals", async || house.nats.is_connected()).await;
    house.until_count(40).await;
    let told = house.told().await;
    assert_eq!(told.len(), 40, "nothing twice");
    assert_eq!(assert_ordered(&told), 40);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_at_the_start_stops_nobody() {
    let mut server = Server::start();
    server.fall();
    let house = House::build_with_nats(&server.url()).await;
    assert!(!house.nats.is_connected());
    let relay = house.relay();
    house.tell_invite(Uuid::now_v7()).await;
    server.rise();
    eventually("the connection is made", async || house.nats.is_connected()).await;
    house.until_count(1).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_stream_is_filled_again() {
    let house = House::build().await;
    let relay = house.relay();
    let aggregates: Vec<Uuid> = (0..5).map(|_| Uuid::now_v7()).collect();
    for n in 0..50 {
        house.tell_invite(aggregates[n % 5]).await;
    }
    house.until_count(50).await;
    house.js().await.delete_stream(&house.nats.stream().name).await.expect("deletes");
    house.until_count(50).await;
    house.tell_invite(aggregates[0]).await;
    house.until_count(51).await;
    let told = house.told().await;
    assert_eq!(told.len(), 51);
    assert_eq!(assert_ordered(&told), 51);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_lost_its_store_is_filled_again() {
    let mut server = Server::start();
    let house = House::build_with_nats(&server.url()).await;
    let relay = house.relay();
    for _ in 0..10 {
        house.tell_invite(Uuid::now_v7()).await;
    }
    house.until_count(10).await;
    server.fall();
    server.forget();
    server.rise();
    eventually("the connection heals", async || house.nats.is_connected()).await;
    house.until_count(10).await;
    assert_eq!(house.told().await.len(), 10);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_end_of_the_stream_is_noticed_although_others_wrote_past_it() {
    let house = House::build().await;
    let relay = house.relay();
    for _ in 0..3 {
        house.tell_invite(Uuid::now_v7()).await;
    }
    house.until_count(3).await;
    eventually("all is noted", async || bus::idle(&house.db, &house.nats).await.expect("asks"))
        .await;
    relay.stop().await;

    // What a power failure leaves: the last message is gone, and another service has written since.
    let js = house.js().await;
    let stream = js.get_stream(&house.nats.stream().name).await.expect("stands");
    stream.delete_message(3).await.expect("deletes");
    let subject = format!("{}.foreign.thing.told", house.nats.stream().prefix);
    js.publish(subject, "{}".into()).await.expect("sends").await.expect("stores");

    let mut admin = house.admin().await;
    let relay = house.relay();
    eventually("the relay starts over", async || {
        let (epoch,): (i64,) = sqlx::query_as("select max(epoch) from outbox_cursors")
            .fetch_one(&mut admin)
            .await
            .expect("reads");
        epoch >= 2
    })
    .await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_row_parks_its_aggregate_alone_and_can_be_skipped() {
    let house = House::build().await;
    let relay = house.relay();
    let (sick, healthy) = (Uuid::now_v7(), Uuid::now_v7());
    house.tell_invite(sick).await;
    // Beyond what a NATS message may hold.
    house.tell(sick, json!({"blob": "x".repeat(2 << 20)})).await;
    for _ in 0..5 {
        house.tell_invite(sick).await;
        house.tell_invite(healthy).await;
    }
    house.until_count(6).await;
    eventually("the aggregate is parked", async || {
        bus::outbox::list(&house.db).await.expect("lists").parked.len() == 1
    })
    .await;
    let standing = bus::outbox::list(&house.db).await.expect("lists");
    assert_eq!(standing.parked[0].aggregate, sick);
    assert!(standing.parked[0].attempts >= 1, "{:?}", standing.parked[0]);
    assert!(standing.parked[0].error.contains("payload"), "{}", standing.parked[0].error);
    assert_eq!(house.count().await, 6, "the sick aggregate's later facts wait");
    assert!(!bus::idle(&house.db, &house.nats).await.expect("asks"));

    bus::outbox::retry(&house.db, house.tenant, sick).await.expect("retries");
    eventually("it was tried again", async || {
        let parked = bus::outbox::list(&house.db).await.expect("lists").parked;
        parked
            .first()
            .is_some_and(|parked| parked.next_at.is_some_and(|at| at > Clock::system().now()))
    })
    .await;
    bus::outbox::skip(&house.db, house.tenant, sick).await.expect("skips");
    house.until_count(11).await;
    eventually("nothing is parked", async || {
        bus::outbox::list(&house.db).await.expect("lists").parked.is_empty()
    })
    .await;
    let of_sick: Vec<i64> = house
        .told()
        .await
        .iter()
        .filter(|fact| fact.aggregate == sick)
        .map(|fact| fact.sequence)
        .collect();
    assert_eq!(of_sick, [1, 3, 4, 5, 6, 7], "in order, without the poison");
    assert!(bus::outbox::retry(&house.db, house.tenant, sick).await.is_err(), "no longer parked");
    relay.stop().await;
}

use kernel::Clock;
