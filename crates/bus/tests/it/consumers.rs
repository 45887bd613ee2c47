//! Consumers: once, in order, again after a failure, and never stopped by a bad message.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bus::{Consumers, Envelope, Retry};
use kernel::{Code, Cx, FactId};
use serde_json::json;
use uuid::Uuid;
use wire::user::v1::InviteCreated;

use crate::house::{House, Refused, Server, Task, eventually};

/// What was handled, in the order of the effects.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Uuid, i64, FactId)>>>);

impl Log {
    fn push(&self, envelope: &Envelope) {
        self.0.lock().expect("sound").push((envelope.aggregate, envelope.sequence, envelope.id));
    }

    fn len(&self) -> usize {
        self.0.lock().expect("sound").len()
    }

    fn assert_each_once_in_order(&self) {
        let mut next: HashMap<Uuid, i64> = HashMap::new();
        for (aggregate, sequence, _) in self.0.lock().expect("sound").iter() {
            let expected = next.entry(*aggregate).or_insert(1);
            assert_eq!(sequence, expected, "{aggregate}");
            *expected += 1;
        }
    }
}

/// Notes facts whose first delivery it is, in one transaction with the inbox.
fn noting(house: &House, log: &Log) -> Consumers {
    let (db, log) = (house.db.clone(), log.clone());
    Consumers::new(house.db.clone(), house.nats.clone()).on_any(
        "user.>",
        move |cx: Cx, envelope: Envelope| {
            let (db, log) = (db.clone(), log.clone());
            async move {
                let mut tx = db.tenant(cx.tenant.expect("of a tenant"), "note").await?;
                if bus::first_delivery(&mut tx, &cx).await? {
                    tx.commit().await?;
                    log.push(&envelope);
                }
                Ok::<_, Refused>(())
            }
        },
    )
}

pub(crate) const QUICK: Retry = Retry {
    attempts: 6,
    refusals: 2,
    first: Duration::from_millis(10),
    cap: Duration::from_millis(100),
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_fact_arrives_with_its_context() {
    let house = House::build().await;
    let relay = house.relay();
    let (send, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let consumers = Consumers::new(house.db.clone(), house.nats.clone()).on::<InviteCreated>(
        move |cx: Cx, fact: InviteCreated| {
            let send = send.clone();
            async move {
                send.send((cx, fact)).expect("is heard");
                Ok::<_, Refused>(())
            }
        },
    );
    let consumers = Task::start(|stop| consumers.run(stop));
    let mut cx = house.cx();
    cx.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into());
    let aggregate = Uuid::now_v7();
    let mut tx = house.db.tenant(house.tenant, "tell").await.expect("opens");
    let fact = InviteCreated { invite_id: aggregate.to_string(), ..Default::default() };
    let id = bus::emit(&mut tx, &cx, aggregate, &fact).await.expect("emits");
    tx.commit().await.expect("commits");

    let (heard_cx, heard_fact) = heard.recv().await.expect("hears");
    assert_eq!(heard_fact, fact);
    assert_eq!(heard_cx.tenant, Some(house.tenant));
    assert_eq!(heard_cx.cause, Some(("user-user_invite_created".into(), id)));
    assert_eq!((heard_cx.request_id, heard_cx.traceparent), (cx.request_id, cx.traceparent));
    consumers.stop().await;
    relay.stop().await;
    assert!(bus::idle(&house.db, &house.nats).await.expect("asks"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_consumer_goes_on_where_the_old_one_stood() {
    let house = House::build().await;
    let relay = house.relay();
    let log = Log::default();
    let aggregates: Vec<Uuid> = (0..7).map(|_| Uuid::now_v7()).collect();
    let mut running = Task::start(|stop| noting(&house, &log).run(stop));
    for n in 0..120 {
        house.tell_invite(aggregates[n % 7]).await;
        if n % 40 == 39 {
            running.stop().await;
            running = Task::start(|stop| noting(&house, &log).run(stop));
        }
    }
    eventually("all is handled", async || log.len() >= 120).await;
    running.stop().await;
    relay.stop().await;
    log.assert_each_once_in_order();
    assert_eq!(log.len(), 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_handler_is_asked_again_and_order_holds_behind_it() {
    let house = House::build().await;
    let relay = house.relay();
    let log = Log::default();
    let failures: Arc<Mutex<HashMap<FactId, u32>>> = Arc::default();
    let consumers = {
        let (log, failures) = (log.clone(), failures.clone());
        Consumers::new(house.db.clone(), house.nats.clone()).retry(QUICK).on_any(
            "user.>",
            move |_: Cx, envelope: Envelope| {
                let mut failures = failures.lock().expect("sound");
                let failed = failures.entry(envelope.id).or_default();
                *failed += 1;
                let fine = envelope.sequence % 3 != 0 || *failed > 2;
                if fine {
                    log.push(&envelope);
                }
                async move { if fine { Ok(()) } else { Err(Refused(Code::Unavailable)) } }
            },
        )
    };
    let consumers = Task::start(|stop| consumers.run(stop));
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    for _ in 0..10 {
        house.tell_invite(one).await;
        house.tell_invite(two).await;
    }
    eventually("all is handled", async || log.len() == 20).await;
    log.assert_each_once_in_order();
    consumers.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_becomes_a_dead_letter_and_blocks_nobody() {
    let house = House::build().await;
    let relay = house.relay();
    let log = Log::default();
    let consumers = {
        let log = log.clone();
        Consumers::new(house.db.clone(), house.nats.clone()).retry(QUICK).on_any(
            "user.>",
            move |_: Cx, envelope: Envelope| {
                let log = log.clone();
                async move {
                    match envelope.data["mood"].as_str() {
                        Some("refused") => Err(Refused(Code::Conflict)),
                        Some("broken") => Err(Refused(Code::Internal)),
                        Some("panics") => panic!("as the test wants"),
                        _ => {
                            log.push(&envelope);
                            Ok(())
                        }
                    }
                }
            },
        )
    };
    let consumers = Task::start(|stop| consumers.run(stop));
    let aggregate = Uuid::now_v7();
    for mood in ["refused", "broken", "panics"] {
        house.tell(aggregate, json!({"mood": mood})).await;
    }
    house.tell(aggregate, json!({})).await;
    // Not one of our events at all, and one whose tenant lies.
    let js = house.js().await;
    house.nats.ensure_stream().await.expect("makes the stream");
    let prefix = &house.nats.stream().prefix;
    for subject in [
        format!("{prefix}.nobody.user.invite.created"),
        format!("{prefix}.{}.user.x.y", house.tenant),
    ] {
        js.publish(subject, vec![0, 159, 146, 150].into())
            .await
            .expect("sends")
            .await
            .expect("stores");
    }
    eventually("the good fact is handled", async || log.len() == 1).await;
    let mut admin = house.admin().await;
    eventually("the bad ones are buried", async || {
        let (dead,): (i64,) = sqlx::query_as("select count(*) from dead_letters")
            .fetch_one(&mut admin)
            .await
            .expect("counts");
        dead == 5
    })
    .await;
    let attempts: Vec<(i32, String)> = sqlx::query_as(
        "select attempts, error from dead_letters where tenant_id = $1 and body like '{%' order by event_id",
    )
    .bind(house.tenant)
    .fetch_all(&mut admin)
    .await
    .expect("reads");
    assert_eq!(attempts.iter().map(|row| row.0).collect::<Vec<_>>(), [2, 6, 6]);
    assert!(attempts[2].1.contains("panicked"));
    assert_eq!(bus::outbox::dead_letters(&house.db, 10).await.expect("lists").len(), 5);
    consumers.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_outlive_a_server_that_lost_its_store() {
    let mut server = Server::start();
    let house = House::build_with_nats(&server.url()).await;
    let relay = house.relay();
    let log = Log::default();
    let consumers = Task::start(|stop| noting(&house, &log).run(stop));
    let aggregate = Uuid::now_v7();
    for _ in 0..10 {
        house.tell_invite(aggregate).await;
    }
    eventually("all is handled", async || log.len() == 10).await;
    server.fall();
    server.forget();
    for _ in 0..10 {
        house.tell_invite(aggregate).await;
    }
    server.rise();
    eventually("the rest is handled", async || log.len() == 20).await;
    log.assert_each_once_in_order();
    consumers.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_another_process_takes_over_in_order() {
    let house = House::build().await;
    let relay = house.relay();
    let log = Log::default();
    let stuck = Consumers::new(house.other_db(), house.other_nats().await)
        .on_any("user.>", |_: Cx, _: Envelope| std::future::pending::<Result<(), Refused>>());
    let stuck = Task::start(|stop| stuck.run(stop));
    let aggregate = Uuid::now_v7();
    for _ in 0..3 {
        house.tell_invite(aggregate).await;
    }
    let js = house.js().await;
    eventually("the first process holds the facts", async || {
        let Ok(stream) = js.get_stream(&house.nats.stream().name).await else {
            return false;
        };
        let info = stream.consumer_info("user-user_all").await;
        info.is_ok_and(|info| info.num_ack_pending == 3)
    })
    .await;
    stuck.crash();
    let consumers = Task::start(|stop| noting(&house, &log).run(stop));
    for _ in 0..3 {
        house.tell_invite(aggregate).await;
    }
    eventually("all is handled", async || log.len() == 6).await;
    log.assert_each_once_in_order();
    consumers.stop().await;
    relay.stop().await;
}
