//! A stream that takes no more for a while.

use async_nats::jetstream::stream::{Config, DiscardPolicy};
use uuid::Uuid;

use crate::house::{House, assert_ordered, eventually};

/// More aggregates than the relay has messages in flight, so that some stay untried behind a failure.
const FACTS: u64 = 400;
/// How many of them the stream takes at first.
const ROOM: i64 = 40;

async fn resize(house: &House, max_messages: i64) {
    let js = house.js().await;
    let name = &house.nats.stream().name;
    let config = js.get_stream(name).await.expect("stands").cached_info().config.clone();
    let config = Config { max_messages, discard: DiscardPolicy::New, ..config };
    js.update_stream(config).await.expect("resizes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_untried_while_the_stream_was_full_arrive_when_it_has_room() {
    let house = House::build().await;
    let relay = house.relay();
    house.tell_invite(Uuid::now_v7()).await;
    house.until_count(1).await;
    relay.stop().await;

    resize(&house, ROOM).await;
    for _ in 1..FACTS {
        house.tell_invite(Uuid::now_v7()).await;
    }
    let relay = house.relay();
    eventually("rows that the full stream refused are put aside", async || {
        !bus::outbox::list(&house.db).await.expect("lists").parked.is_empty()
    })
    .await;
    resize(&house, -1).await;
    house.until_count(FACTS).await;
    assert_eq!(assert_ordered(&house.told().await), usize::try_from(FACTS).expect("fits"));
    relay.stop().await;
}
