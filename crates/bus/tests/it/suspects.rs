//! Messages that were delivered suspiciously often: innocents are handled, killers are buried.

use std::sync::{Arc, Mutex};

use async_nats::jetstream::{AckKind, consumer::PullConsumer};
use bus::{Consumers, Envelope};
use futures::StreamExt;
use kernel::{Cx, FactId};
use sqlx::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    consumers::QUICK,
    house::{House, Refused, Task, eventually},
};

const CONSUMER: &str = "user-user_all";

/// Handles what it hears, but for one fact, at which it says so and hangs until its process dies.
fn hanging_at(house: &House, killer: FactId) -> (Consumers, Heard, mpsc::UnboundedReceiver<()>) {
    let heard = Heard::default();
    let (begun, told) = mpsc::unbounded_channel();
    let log = heard.clone();
    let consumers = Consumers::new(house.other_db(), house.nats.clone()).retry(QUICK).on_any(
        "user.>",
        move |_: Cx, envelope: Envelope| {
            let (log, begun) = (log.clone(), begun.clone());
            async move {
                if envelope.id == killer {
                    begun.send(()).expect("is heard");
                    std::future::pending::<()>().await;
                }
                log.0.lock().expect("sound").push(envelope.id);
                Ok::<_, Refused>(())
            }
        },
    );
    (consumers, heard, told)
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<FactId>>>);

impl Heard {
    fn has(&self, fact: FactId) -> bool {
        self.0.lock().expect("sound").contains(&fact)
    }
}

/// Lets the server deliver everything so often in vain, as to processes that died while it waited its turn.
async fn deliver_in_vain(house: &House, messages: usize, times: u32) {
    let stream = house.js().await.get_stream(&house.nats.stream().name).await.expect("stands");
    let consumer: PullConsumer = stream.get_consumer(CONSUMER).await.expect("is known");
    for _ in 0..times {
        let mut batch = consumer.batch().max_messages(messages).messages().await.expect("asks");
        let mut given = 0;
        while given < messages {
            let message = batch.next().await.expect("all of them").expect("arrives");
            message.ack_with(AckKind::Nak(None)).await.expect("gives back");
            given += 1;
        }
    }
}

async fn tries_of(admin: &mut PgConnection, fact: FactId) -> Option<i32> {
    sqlx::query_scalar("select tries from delivery_tries where event_id = $1")
        .bind(fact)
        .fetch_optional(admin)
        .await
        .expect("reads")
}

/// The dead letters, and how often each was begun.
async fn dead(admin: &mut PgConnection) -> Vec<(FactId, i32)> {
    sqlx::query_as("select event_id, attempts from dead_letters")
        .fetch_all(admin)
        .await
        .expect("reads")
}

/// Has the consumer be known to the server; the fact it has handled.
async fn known(house: &House) -> FactId {
    let (none, ..) = hanging_at(house, Uuid::nil().into());
    let none = Task::start(|stop| none.run(stop));
    let first = house.tell_invite(Uuid::now_v7()).await;
    eventually("the stream has it", async || house.count().await == 1).await;
    eventually("the first fact is handled", async || acknowledged(house).await == Some(1)).await;
    none.stop().await;
    first
}

/// Up to where in the stream everything has come to its end.
async fn acknowledged(house: &House) -> Option<u64> {
    let stream = house.js().await.get_stream(&house.nats.stream().name).await.ok()?;
    Some(stream.consumer_info(CONSUMER).await.ok()?.ack_floor.stream_sequence)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_waited_beside_a_killer_is_handled_and_the_killer_is_buried() {
    let house = House::build().await;
    let relay = house.relay();
    let mut admin = house.admin().await;
    let first = known(&house).await;
    assert_eq!(tries_of(&mut admin, first).await, None, "nobody suspects a first delivery");

    let innocent = house.tell_invite(Uuid::now_v7()).await;
    let killer = house.tell_invite(Uuid::now_v7()).await;
    let old_killer = house.tell_invite(Uuid::now_v7()).await;
    house.until_count(4).await;
    deliver_in_vain(&house, 3, QUICK.attempts).await;
    sqlx::query(
        "insert into delivery_tries (tenant_id, consumer, event_id, tries) values ($1, $2, $3, $4)",
    )
    .bind(house.tenant)
    .bind(CONSUMER)
    .bind(old_killer)
    .bind(QUICK.attempts.cast_signed())
    .execute(&mut admin)
    .await
    .expect("writes");

    let (consumers, heard, mut begun) = hanging_at(&house, killer);
    let consumers = Task::start(|stop| consumers.run(stop));
    begun.recv().await.expect("the killer is begun");
    assert_eq!(tries_of(&mut admin, killer).await, Some(1), "counted before it can kill");
    consumers.crash();
    let before = heard;

    // The server gives the dead process's messages to the next one once it has waited long enough.
    let (consumers, heard, _begun) = hanging_at(&house, Uuid::nil().into());
    let consumers = Task::start(|stop| consumers.run(stop));
    eventually("the killer, mended, is handled", async || heard.has(killer)).await;
    let innocents = async || before.has(innocent) || heard.has(innocent);
    eventually("who waited beside it is handled", innocents).await;
    eventually("the old killer is buried", async || !dead(&mut admin).await.is_empty()).await;
    assert_eq!(dead(&mut admin).await, [(old_killer, QUICK.attempts.cast_signed())]);
    assert!(!heard.has(old_killer), "it was not begun again");
    consumers.stop().await;
    relay.stop().await;
    for settled in [innocent, killer, old_killer] {
        assert_eq!(tries_of(&mut admin, settled).await, None, "suspected no more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_buried_by_a_process_that_died_before_it_said_so_is_not_begun_again() {
    let house = House::build().await;
    let relay = house.relay();
    let mut admin = house.admin().await;
    known(&house).await;
    let buried = house.tell_invite(Uuid::now_v7()).await;
    house.until_count(2).await;
    deliver_in_vain(&house, 1, QUICK.attempts).await;
    sqlx::query(
        "insert into dead_letters (tenant_id, consumer, event_id, subject, body, error, attempts)
         values ($1, $2, $3, 'user.invite.created', '{}', 'it kills', 7)",
    )
    .bind(house.tenant)
    .bind(CONSUMER)
    .bind(buried)
    .execute(&mut admin)
    .await
    .expect("writes");

    let (consumers, heard, _begun) = hanging_at(&house, Uuid::nil().into());
    let consumers = Task::start(|stop| consumers.run(stop));
    eventually("the server gives it to nobody any more", async || {
        acknowledged(&house).await == Some(2)
    })
    .await;
    assert!(!heard.has(buried), "it was not begun again");
    assert_eq!(dead(&mut admin).await, [(buried, 7)], "it stays as it was buried");
    assert_eq!(tries_of(&mut admin, buried).await, None);
    consumers.stop().await;
    relay.stop().await;
}
