//! How long a committed fact takes to a subscriber of the stream while a thousand are told each second.

use std::{collections::HashMap, pin::pin, time::Duration};

use anyhow::{Result, ensure};
use bus::{Envelope, Relay};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use kernel::{Clock, Cx, FactId, TenantId};
use pg::Db;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ground::Ground,
    relay::{SERVICE, fact},
    report::{Bar, Figure},
    stats::percentile,
};

const PASSES: usize = 5;

/// Facts a second, one transaction each.
const RATE: usize = 1_000;

/// Facts of one pass.
const FACTS: usize = 3 * RATE;

/// Facts before the first pass.
const WARM: usize = RATE / 2;

/// So long a subscriber waits for the next fact.
const SILENCE: Duration = Duration::from_secs(10);

/// Who tell them, each its share in turn.
const TELLERS: usize = 12;

pub(crate) const NOTES: [&str; 1] = [
    "Subscriber: 1,000 facts/s for 3 s a pass, each in a transaction of its own; from the commit's answer until an \
     ordered JetStream consumer hands the fact over.",
];

/// Tells and hears, pass by pass until `deadline`, at least once.
///
/// # Errors
/// A server refuses, or facts do not arrive.
pub(crate) async fn measure(ground: &Ground, deadline: Instant) -> Result<Vec<Figure>> {
    let place = ground.place("subscriber").await?;
    let db = Db::connect(&place.access(), SERVICE)?;
    let stop = CancellationToken::new();
    let relaying = Relay::new(db.clone(), place.stream.nats().await);
    let relay = tokio::spawn(relaying.run(stop.clone()));
    let subscriber = place.stream.nats().await;
    let (mut rates, mut middles, mut tails) = (Vec::new(), Vec::new(), Vec::new());
    pass(&db, &subscriber, WARM).await?;
    for number in 0..PASSES {
        if number > 0 && Instant::now() > deadline {
            break;
        }
        let (rate, delays) = pass(&db, &subscriber, FACTS).await?;
        rates.push(rate);
        middles.push(percentile(&delays, 50.0));
        tails.push(percentile(&delays, 99.0));
    }
    stop.cancel();
    relay.await??;
    db.close().await;
    Ok(vec![
        Figure::new("told", "facts/s", rates),
        Figure::new("commit to subscriber p50", "ms", middles),
        Figure::new("commit to subscriber p99", "ms", tails).with_bar(Bar::AtMost(20.0)),
    ])
}

/// Tells `count` facts at the rate: how many a second were really told, and after how many milliseconds each was heard.
async fn pass(db: &Db, subscriber: &bus::Nats, count: usize) -> Result<(f64, Vec<f64>)> {
    let tenant: TenantId = Clock::system().new_id();
    let heard = subscriber.tail(Some(tenant), ">", bus::Since::Now).await?;
    let hearing = tokio::spawn(hear(heard, count));
    let begun = Instant::now() + Duration::from_millis(50);
    let tellers = (0..TELLERS).map(|first| tell(db.clone(), tenant, begun, first, count));
    let tellers = stream::iter(tellers).map(tokio::spawn);
    let told: Vec<Vec<(FactId, Instant)>> = tellers
        .buffer_unordered(TELLERS)
        .map(|done| done.map_err(anyhow::Error::from).and_then(std::convert::identity))
        .try_collect()
        .await?;
    let told = told.concat();
    let last = told.iter().map(|(_, at)| *at).max().unwrap_or(begun);
    let heard = hearing.await?;
    let delay = |(id, committed): &(FactId, Instant)| {
        let heard = heard.get(id)?;
        Some(heard.saturating_duration_since(*committed).as_secs_f64() * 1000.0)
    };
    let delays: Vec<f64> = told.iter().filter_map(delay).collect();
    ensure!(delays.len() == count, "of {count} facts {} were heard", delays.len());
    Ok((count as f64 / (last - begun).as_secs_f64(), delays))
}

/// When each fact was first heard; ends when all were, or when nothing has come for a while.
async fn hear(heard: impl Stream<Item = Envelope>, count: usize) -> HashMap<FactId, Instant> {
    let mut heard = pin!(heard);
    let mut times = HashMap::with_capacity(count);
    while times.len() < count
        && let Ok(Some(told)) = timeout(SILENCE, heard.next()).await
    {
        times.entry(told.id).or_insert_with(Instant::now);
    }
    times
}

/// One teller: every so many-th fact, when its time has come; answers when each was committed.
async fn tell(
    db: Db,
    tenant: TenantId,
    begun: Instant,
    first: usize,
    count: usize,
) -> Result<Vec<(FactId, Instant)>> {
    let cx = Cx::of_service(SERVICE, Some(tenant), &Clock::system());
    let mut told = Vec::with_capacity(count / TELLERS + 1);
    for number in (first..count).step_by(TELLERS) {
        sleep_until(begun + Duration::from_secs_f64(number as f64 / RATE as f64)).await;
        let mut tx = db.tenant(tenant, "tell_fact").await?;
        let aggregate = Uuid::now_v7();
        let id = bus::emit_json(&mut tx, &cx, "user.invite.created", aggregate, &fact()).await?;
        tx.commit().await?;
        told.push((id, Instant::now()));
    }
    Ok(told)
}
