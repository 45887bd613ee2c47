//! What an operator does by hand.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bus::{Consumers, Envelope, outbox::Select};
use kernel::{Clock, Cx};
use uuid::Uuid;

use crate::house::{House, Refused, Task, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_says_what_would_be_told_and_tells_nothing() {
    let house = House::build().await;
    let aggregate = Uuid::now_v7();
    let first = house.tell_invite(aggregate).await;
    house.tell_invite(aggregate).await;
    let pending = bus::outbox::dry_run(&house.db, None, 10).await.expect("plans");
    assert_eq!(pending.iter().map(|fact| fact.sequence).collect::<Vec<_>>(), [1, 2]);
    let standing = bus::outbox::list(&house.db).await.expect("lists");
    assert_eq!((standing.behind, standing.retained), (2, 2));

    let one = Select { facts: vec![first], ..Select::default() };
    assert_eq!(bus::outbox::dry_run(&house.db, Some(&one), 10).await.expect("plans").len(), 1);
    let other = Select { kinds: Some("tenant.>".into()), ..Select::default() };
    assert!(bus::outbox::dry_run(&house.db, Some(&other), 10).await.expect("plans").is_empty());
    let fitting = Select {
        kinds: Some("user.invite.*".into()),
        tenant: Some(house.tenant),
        until: Some(Clock::system().now()),
        ..Select::default()
    };
    assert_eq!(bus::outbox::dry_run(&house.db, Some(&fitting), 10).await.expect("plans").len(), 2);
    assert_eq!(house.count().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_keeps_ids_so_handled_facts_stay_handled() {
    let house = House::build().await;
    let relay = house.relay();
    let heard = Arc::new(AtomicUsize::new(0));
    let effects = Arc::new(AtomicUsize::new(0));
    let consumers = {
        let (db, heard, effects) = (house.db.clone(), heard.clone(), effects.clone());
        Consumers::new(house.db.clone(), house.nats.clone()).on_any(
            "user.>",
            move |cx: Cx, _: Envelope| {
                let (db, heard, effects) = (db.clone(), heard.clone(), effects.clone());
                async move {
                    let mut tx = db.tenant(cx.tenant.expect("of a tenant"), "hear").await?;
                    heard.fetch_add(1, Ordering::SeqCst);
                    if bus::first_delivery(&mut tx, &cx).await? {
                        effects.fetch_add(1, Ordering::SeqCst);
                    }
                    tx.commit().await?;
                    Ok::<_, Refused>(())
                }
            },
        )
    };
    let consumers = Task::start(|stop| consumers.run(stop));
    let aggregate = Uuid::now_v7();
    for _ in 0..5 {
        house.tell_invite(aggregate).await;
    }
    eventually("all is heard", async || heard.load(Ordering::SeqCst) >= 5).await;
    let told =
        bus::outbox::replay(&house.db, &house.nats, &Select::default()).await.expect("replays");
    assert_eq!(told, 5);
    eventually("all is heard again", async || heard.load(Ordering::SeqCst) >= 10).await;
    assert_eq!(effects.load(Ordering::SeqCst), 5);
    let stream = house.told().await;
    assert_eq!(stream.len(), 10, "the stream took the replay");
    assert_eq!(stream[0].id, stream[5].id);
    consumers.stop().await;
    relay.stop().await;
}
