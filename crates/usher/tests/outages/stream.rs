//! The stream against the outboxes: every fact is there, no other, and those of an aggregate in order.

use std::collections::{HashMap, HashSet};

use bus::{Envelope, Since};
use futures::StreamExt;
use sqlx::AssertSqlSafe;
use testkit::{Database, Stream, eventually};
use uuid::Uuid;

/// A fact's aggregate and its place among the facts of that.
type Place = (Uuid, i64);

/// Waits until the stream holds every fact of every outbox; panics with what it holds besides or out of order.
pub(crate) async fn is_whole(database: &Database, stream: &Stream) {
    eventually("the stream holds every fact", async || {
        let told = told(database).await;
        let heard: HashSet<Uuid> = heard(stream).await.iter().map(|fact| fact.id.uuid()).collect();
        told.keys().all(|id| heard.contains(id))
    })
    .await;
    let wrong = wrong(&told(database).await, &heard(stream).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// How many different facts the stream holds.
pub(crate) async fn size(stream: &Stream) -> usize {
    let heard = heard(stream).await;
    heard.iter().map(|fact| fact.id).collect::<HashSet<_>>().len()
}

/// What contradicts the outboxes, a sentence each; repeats are left out.
fn wrong(told: &HashMap<Uuid, Place>, heard: &[Envelope]) -> Vec<String> {
    let (mut known, mut wrong) = (HashSet::new(), Vec::new());
    let mut last: HashMap<Uuid, i64> = HashMap::new();
    for fact in heard {
        let (id, kind, place) = (fact.id.uuid(), &fact.kind, (fact.aggregate, fact.sequence));
        if !known.insert(id) {
            continue;
        }
        if told.get(&id) != Some(&place) {
            wrong.push(format!("no outbox tells the {kind} {id} at {place:?}"));
        }
        let before = last.insert(fact.aggregate, fact.sequence).unwrap_or_default();
        if before + 1 != fact.sequence {
            wrong.push(format!("a {kind} of {place:?} follows number {before}"));
        }
    }
    wrong
}

/// Every fact of every outbox.
async fn told(database: &Database) -> HashMap<Uuid, Place> {
    let mut admin = database.admin().await;
    let mut told = HashMap::new();
    for service in pg::services() {
        let query =
            format!("select event_id, aggregate_id, aggregate_seq from usher_{service}.outbox");
        let rows: Vec<(Uuid, Uuid, i64)> =
            sqlx::query_as(AssertSqlSafe(query)).fetch_all(&mut admin).await.expect("lists facts");
        told.extend(rows.into_iter().map(|(id, aggregate, place)| (id, (aggregate, place))));
    }
    told
}

/// What the stream holds, from its beginning.
async fn heard(stream: &Stream) -> Vec<Envelope> {
    let nats = stream.nats().await;
    let info = nats.ensure_stream().await.expect("NATS answers");
    let count = usize::try_from(info.state.messages).expect("fits");
    let tail = nats.tail(None, ">", Since::Oldest).await;
    tail.expect("NATS answers").take(count).collect().await
}
