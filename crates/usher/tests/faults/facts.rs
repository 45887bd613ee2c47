//! The stream, held against what the outboxes tell.

use std::collections::{BTreeSet, HashMap};

use bus::{Envelope, Since};
use futures::StreamExt;
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::time::timeout;
use uuid::Uuid;

use crate::world::World;

/// The stream, repeats left out, holds every fact, no other, and those of an aggregate in order. Answers what it does
/// not.
pub(crate) async fn check(world: &World, admin: &mut PgConnection) -> Vec<String> {
    let told = told(admin).await;
    let Ok(heard) = timeout(testkit::PATIENCE, heard(world)).await else {
        return vec!["the stream cannot be read to its end".into()];
    };
    let (mut known, mut wrong) = (BTreeSet::new(), Vec::new());
    let mut last: HashMap<(String, Uuid), i64> = HashMap::new();
    for fact in heard {
        let (id, kind, about, place) = (fact.id.uuid(), fact.kind, fact.aggregate, fact.sequence);
        if !known.insert(id) {
            continue;
        }
        if told.get(&id) != Some(&(about, place)) {
            wrong.push(format!("the stream holds a {kind} that no outbox tells: {id}"));
        }
        let before = last.insert((fact.source, about), place).unwrap_or_default();
        if before + 1 != place {
            wrong.push(format!("{kind}, number {place} of {about}, came after {before}"));
        }
    }
    let missing = told.keys().filter(|id| !known.contains(id));
    wrong.extend(missing.map(|id| format!("the stream lacks the fact {id}")));
    wrong
}

/// Every fact of every outbox: its id, what it is about, and its place among those.
async fn told(admin: &mut PgConnection) -> HashMap<Uuid, (Uuid, i64)> {
    let mut told = HashMap::new();
    for service in pg::services() {
        let query =
            format!("select event_id, aggregate_id, aggregate_seq from usher_{service}.outbox");
        let rows: Vec<(Uuid, Uuid, i64)> =
            sqlx::query_as(AssertSqlSafe(query)).fetch_all(&mut *admin).await.expect("lists facts");
        told.extend(rows.into_iter().map(|(id, aggregate, seq)| (id, (aggregate, seq))));
    }
    told
}

async fn heard(world: &World) -> Vec<Envelope> {
    let nats = world.stream.nats().await;
    let jetstream = world.stream.jetstream().await;
    let stream = jetstream.get_stream(&world.stream.place().name).await.expect("there is a stream");
    let count = usize::try_from(stream.cached_info().state.messages).expect("fits");
    let tail = nats.tail(None, ">", Since::Oldest).await.expect("NATS answers");
    tail.take(count).collect().await
}
