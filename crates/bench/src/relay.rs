//! How fast the relay empties a full outbox, and how much it writes for that.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bus::{Nats, Relay};
use kernel::{Clock, FactId, TenantId};
use pg::Db;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ground::Ground,
    place::Place,
    report::{Bar, Figure},
};

/// The service whose outbox is filled; every service's is the same.
pub(crate) const SERVICE: &str = "user";

const PASSES: usize = 3;
const FACTS: usize = 50_000;
const AGGREGATES: usize = 1_000;

/// Facts of one transaction: one of each aggregate.
const TOGETHER: usize = AGGREGATES;

/// How often the stream is asked what it holds.
const GLANCE: Duration = Duration::from_millis(5);

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const NOTES: [&str; 2] = [
    "Drain: 50,000 facts (rows of some 430 B) over 1,000 aggregates wait; one relay starts, in this process; measured \
     from its start until the stream holds all.",
    "WAL is what the whole server wrote from the relay's start until its cursors stood at the end.",
];

/// Fills and empties the outbox, pass by pass until `deadline`, at least once.
///
/// # Errors
/// A server refuses, or facts do not arrive.
pub(crate) async fn measure(
    ground: &Ground,
    deadline: tokio::time::Instant,
) -> Result<Vec<Figure>> {
    let place = ground.place("relay").await?;
    let mut admin = PgConnection::connect(&place.url).await?;
    let (mut rates, mut wal) = (Vec::new(), Vec::new());
    for pass in 0..PASSES {
        if pass > 0 && tokio::time::Instant::now() > deadline {
            break;
        }
        let (rate, bytes) = drain(&place, &mut admin).await?;
        rates.push(rate);
        wal.push(bytes);
    }
    let size: f64 = sqlx::query_scalar(
        "select avg(pg_column_size(o.*))::float8 from (select * from usher_user.outbox limit 1000) o",
    )
    .fetch_one(&mut admin)
    .await?;
    Ok(vec![
        Figure::new("drained", "facts/s", rates).with_bar(Bar::AtLeast(50_000.0)),
        Figure::new("WAL of the relay", "B/fact", wal).with_bar(Bar::AtMost(10.0)),
        Figure::new("size of a row", "B", vec![size]),
    ])
}

/// One pass: facts a second, and bytes of WAL a fact.
async fn drain(place: &Place, admin: &mut PgConnection) -> Result<(f64, f64)> {
    let db = Db::connect(&place.access(), SERVICE)?;
    let nats = place.stream.nats().await;
    fill(&db).await?;
    let expected = held(&nats).await? + FACTS as u64;
    let before = written(admin).await?;
    let begun = Instant::now();
    let stop = CancellationToken::new();
    let relay = tokio::spawn(Relay::new(db.clone(), nats.clone()).run(stop.clone()));
    while held(&nats).await? < expected {
        ensure!(begun.elapsed() < PATIENCE, "the relay does not get through");
        sleep(GLANCE).await;
    }
    let rate = FACTS as f64 / begun.elapsed().as_secs_f64();
    while !bus::idle(&db, &nats).await? {
        ensure!(begun.elapsed() < PATIENCE, "the relay does not come to rest");
        sleep(GLANCE).await;
    }
    let bytes = (written(admin).await? - before) / FACTS as f64;
    stop.cancel();
    relay.await??;
    db.close().await;
    Ok((rate, bytes))
}

/// Emits as [`bus::emit_json`] does, but for many facts with one statement.
async fn fill(db: &Db) -> Result<()> {
    let clock = Clock::system();
    let tenant: TenantId = clock.new_id();
    let aggregates: Vec<Uuid> = (0..AGGREGATES).map(|_| Uuid::now_v7()).collect();
    for _ in 0..FACTS / TOGETHER {
        let ids: Vec<FactId> = (0..TOGETHER).map(|_| clock.new_id()).collect();
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let mut tx = db.tenant(tenant, "fill_outbox").await?;
        sqlx::query(
            "select outbox_emit(told.id, 'user.invite.created', told.aggregate, $3, $4, $5)
             from unnest($1, $2) as told (id, aggregate)",
        )
        .bind(ids)
        .bind(&aggregates)
        .bind(fact())
        .bind("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .bind("01989a2e-5c7e-7d3c-9d0e-6a3f1c2b4d5e")
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What an invitation's fact looks like; with it a row of the outbox is some 430 B.
pub(crate) fn fact() -> Value {
    json!({
        "inviteId": "01989a2e-5c7e-7d3c-9d0e-6a3f1c2b4d5e",
        "email": "somebody@clients.example",
        "name": "Somebody Invited",
        "role": "client",
        "locale": "en",
        "reference": "01989a2e-5c7e-7d3c",
    })
}

/// Facts in the stream.
async fn held(nats: &Nats) -> Result<u64> {
    Ok(nats.ensure_stream().await?.state.messages)
}

/// Bytes of WAL that the server has written so far.
async fn written(admin: &mut PgConnection) -> Result<f64> {
    let position = "select (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8";
    Ok(sqlx::query_scalar(position).fetch_one(admin).await?)
}
