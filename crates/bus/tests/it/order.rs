//! Commits out of order: nothing lost, nothing doubled, order kept, with two relays.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::house::{House, assert_ordered, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_order_commits_lose_double_and_reorder_nothing_with_two_relays() {
    let house = Arc::new(House::build().await);
    let (one, two) = (house.relay(), house.other_relay().await);
    let aggregates: Arc<Vec<Uuid>> = Arc::new((0..20).map(|_| Uuid::now_v7()).collect());
    let end = Instant::now() + Duration::from_secs(6);

    let long = {
        let house = house.clone();
        tokio::spawn(async move {
            // Takes low ids, and commits after thousands of higher ones.
            let mut tx = house.db.tenant(house.tenant, "long").await.expect("opens");
            let own = Uuid::now_v7();
            for n in 0..3 {
                bus::emit_json(&mut tx, &house.cx(), "user.long.told", own, &json!({"n": n}))
                    .await
                    .expect("emits");
            }
            tokio::time::sleep(Duration::from_secs(4)).await;
            tx.commit().await.expect("commits");
            3_usize
        })
    };
    let writers = (0..12_usize).map(|writer| {
        let (house, aggregates) = (house.clone(), aggregates.clone());
        tokio::spawn(async move {
            let mut written = 0;
            let mut turn = writer;
            // However slow the machine, each writes often enough to be overtaken.
            while Instant::now() < end || written < 20 {
                let mut tx = house.db.tenant(house.tenant, "write").await.expect("opens");
                turn += 7;
                let aggregate = aggregates[turn % aggregates.len()];
                bus::emit_json(&mut tx, &house.cx(), "user.thing.told", aggregate, &json!({}))
                    .await
                    .expect("emits");
                // Commits overtake each other, and some never happen.
                tokio::time::sleep(Duration::from_millis(((turn * 13) % 11) as u64)).await;
                if turn % 17 == 0 {
                    drop(tx);
                } else {
                    tx.commit().await.expect("commits");
                    written += 1;
                }
            }
            written
        })
    });
    let written: usize =
        join_all(writers).await.into_iter().map(|w| w.expect("writes")).sum::<usize>()
            + long.await.expect("writes");
    eventually("all is told", async || bus::idle(&house.db, &house.nats).await.expect("asks"))
        .await;
    one.stop().await;
    two.stop().await;

    let told = house.told().await;
    assert_eq!(told.len(), written, "none lost, none doubled");
    assert_eq!(assert_ordered(&told), written, "order holds within each aggregate, without gaps");
    assert!(written > 200, "only {written} written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_is_the_youngest_and_slow_is_not_passed_by() {
    let house = House::build().await;
    let relay = house.relay();
    for n in 1..=8 {
        let mut tx = house.db.tenant(house.tenant, "slow").await.expect("opens");
        let told = json!({"n": n});
        bus::emit_json(&mut tx, &house.cx(), "user.thing.told", Uuid::now_v7(), &told)
            .await
            .expect("emits");
        // Long enough for many looks, while hardly any younger transaction ends.
        tokio::time::sleep(Duration::from_millis(400)).await;
        tx.commit().await.expect("commits");
        house.until_count(n).await;
    }
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lanes_move_to_the_surviving_relay() {
    let house = House::build().await;
    let (one, two) = (house.relay(), house.other_relay().await);
    let mut admin = house.admin().await;
    eventually("both relays hold lanes", async || {
        let (owners,): (i64,) =
            sqlx::query_as("select count(distinct owner) from bus_leases where kind = 'lane'")
                .fetch_one(&mut admin)
                .await
                .expect("counts");
        owners == 2
    })
    .await;
    two.crash();
    for _ in 0..40 {
        house.tell_invite(Uuid::now_v7()).await;
    }
    house.until_count(40).await;
    assert_eq!(house.told().await.len(), 40);
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_told_at_once() {
    let house = House::build().await;
    let relay = house.relay();
    house.tell_invite(Uuid::now_v7()).await;
    house.until_count(1).await;
    let mut hearing = house.nats.hear(">").await.expect("subscribes");
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        // Let the relay fall asleep first.
        tokio::time::sleep(Duration::from_millis(60)).await;
        let id = house.tell_invite(Uuid::now_v7()).await;
        let committed = Instant::now();
        let heard = futures::StreamExt::next(&mut hearing).await.expect("hears");
        assert_eq!(heard.id, id);
        slowest = slowest.max(committed.elapsed());
    }
    println!("the slowest of 20 was heard {slowest:?} after its commit");
    relay.stop().await;
}
