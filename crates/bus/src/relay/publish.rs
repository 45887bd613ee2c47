//! Publishing a chunk: aggregates in parallel, and within an aggregate one unacknowledged message at a time.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_nats::jetstream::{
    self,
    context::{PublishError, PublishErrorKind},
};
use futures::{StreamExt, stream};
use kernel::TenantId;
use uuid::Uuid;

use super::row::Row;
use crate::Nats;

/// Most messages without an answer, over all aggregates.
const IN_FLIGHT: usize = 256;

/// JetStream's own number for "the message is larger than this stream takes".
const MESSAGE_EXCEEDS_MAXIMUM: u64 = 10_054;

/// A row that could not be published; the rows of its aggregate behind it were not tried.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(super) row: Row,
    pub(crate) error: String,
    /// Whether this message itself is at fault, and no other.
    pub(super) poison: bool,
}

/// What became of a chunk.
#[derive(Debug, Default)]
pub(crate) struct Published {
    pub(crate) stored: u64,
    /// Of these, known to the stream already.
    pub(super) repeated: u64,
    /// The highest sequence the stream gave, and the message id that got it.
    pub(super) last: (u64, String),
    /// The stream gave a sequence it had given before: it has lost its end, or is another stream.
    pub(super) went_back: bool,
    pub(crate) failed: Vec<Failed>,
    /// Rows not tried, because the server stopped answering.
    pub(super) untried: bool,
}

#[derive(Default)]
struct Tally {
    halted: AtomicBool,
    went_back: AtomicBool,
    stored: AtomicU64,
    repeated: AtomicU64,
    last: Mutex<(u64, String)>,
}

/// Publishes rows given in id order. `known_seq` is a sequence the stream has already reached. The message id is the
/// fact's, with `suffix` for a replay: the stream would swallow a known id.
pub(crate) async fn publish(
    nats: &Nats,
    service: &str,
    rows: Vec<Row>,
    known_seq: u64,
    suffix: &str,
) -> Published {
    let mut chains: HashMap<(TenantId, Uuid), Vec<Row>> = HashMap::new();
    let mut order = Vec::new();
    for row in rows {
        let key = (row.tenant, row.aggregate);
        chains.entry(key).or_insert_with(|| {
            order.push(key);
            Vec::new()
        });
        chains.entry(key).and_modify(|chain| chain.push(row));
    }
    let tally = Tally::default();
    let chains: Vec<Vec<Row>> = order.iter().filter_map(|key| chains.remove(key)).collect();
    let failed: Vec<Failed> = stream::iter(chains)
        .map(|chain| publish_chain(nats, service, chain, known_seq, suffix, &tally))
        .buffer_unordered(IN_FLIGHT)
        .filter_map(async |failed| failed)
        .collect()
        .await;
    Published {
        stored: tally.stored.into_inner(),
        repeated: tally.repeated.into_inner(),
        last: tally.last.into_inner().unwrap_or_else(PoisonError::into_inner),
        went_back: tally.went_back.into_inner(),
        untried: tally.halted.into_inner(),
        failed,
    }
}

/// One aggregate's rows, each after the answer to the one before. A second message in flight could, re-sent after a
/// lost answer, land behind its successor.
async fn publish_chain(
    nats: &Nats,
    service: &str,
    chain: Vec<Row>,
    known_seq: u64,
    suffix: &str,
    tally: &Tally,
) -> Option<Failed> {
    for row in chain {
        if tally.halted.load(Ordering::Relaxed) {
            return None;
        }
        let id = format!("{}{suffix}", row.event);
        match publish_row(nats, service, row.clone(), &id).await {
            Ok(ack) => {
                tally.stored.fetch_add(1, Ordering::Relaxed);
                if ack.duplicate {
                    tally.repeated.fetch_add(1, Ordering::Relaxed);
                } else if ack.sequence <= known_seq {
                    tally.went_back.store(true, Ordering::Relaxed);
                }
                let mut last = tally.last.lock().unwrap_or_else(PoisonError::into_inner);
                if ack.sequence > last.0 {
                    *last = (ack.sequence, id);
                }
            }
            Err(problem) => {
                let poison = is_poison(&problem);
                if !poison {
                    tally.halted.store(true, Ordering::Relaxed);
                }
                return Some(Failed { row, error: words(&problem), poison });
            }
        }
    }
    None
}

/// Publishes one row and waits until the stream has it.
async fn publish_row(
    nats: &Nats,
    service: &str,
    row: Row,
    id: &str,
) -> Result<jetstream::publish::PublishAck, PublishError> {
    let subject = nats.stream().subject(row.tenant, &row.kind);
    let body = row.into_envelope(service).to_bytes();
    nats.publish(subject, id, body).await?.await
}

fn is_poison(problem: &PublishError) -> bool {
    if problem.kind() == PublishErrorKind::MaxPayloadExceeded {
        return true;
    }
    let refused = std::error::Error::source(problem)
        .and_then(|cause| cause.downcast_ref::<jetstream::Error>());
    refused.is_some_and(|refused| refused.error_code().0 == MESSAGE_EXCEEDS_MAXIMUM)
}

/// The problem with its cause, for an operator.
fn words(problem: &PublishError) -> String {
    let text = problem.to_string();
    match std::error::Error::source(problem) {
        Some(cause) if !text.contains(&cause.to_string()) => format!("{text}: {cause}"),
        _ => text,
    }
}
