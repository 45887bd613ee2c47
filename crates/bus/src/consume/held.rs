//! The messages a worker holds: each aggregate's in the order of the stream, one at a time.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::jetstream::{AckKind, Message};
use kernel::TenantId;
use uuid::Uuid;

use super::letter::Letter;

/// What is kept in order.
pub(super) type Key = (TenantId, Uuid);

/// One message in this process's hands.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) message: Message,
    pub(super) letter: Letter,
    /// Place in the stream.
    pub(super) sequence: u64,
    /// How often the server has delivered it, this time included.
    pub(super) delivered: u32,
}

impl Item {
    pub(super) const fn key(&self) -> Key {
        (self.letter.tenant, self.letter.aggregate)
    }
}

/// After a crash the server delivers new messages before it gives up waiting for the old ones. Until the old ones
/// are back, nothing is handled, and then all of it in the order of the stream.
#[derive(Debug)]
struct Gate {
    missing: usize,
    opens: Instant,
    waiting: BTreeMap<u64, Arc<Item>>,
}

/// Everything held, by aggregate.
#[derive(Debug, Default)]
pub(super) struct Held {
    by_sequence: HashMap<u64, Arc<Item>>,
    queues: HashMap<Key, VecDeque<Arc<Item>>>,
    gate: Option<Gate>,
}

impl Held {
    /// Holds back until `missing` messages that a former process left unacknowledged are delivered again, at most `patience`.
    pub(super) fn await_orphans(&mut self, missing: usize, patience: Duration) {
        if missing > 0 {
            self.gate =
                Some(Gate { missing, opens: Instant::now() + patience, waiting: BTreeMap::new() });
        }
    }

    /// How many messages are held.
    pub(super) fn len(&self) -> usize {
        self.by_sequence.len()
    }

    /// Takes a message in; answers what can be started now.
    pub(super) fn admit(&mut self, item: Item) -> Vec<Arc<Item>> {
        let item = Arc::new(item);
        if self.by_sequence.insert(item.sequence, item.clone()).is_some() {
            // Delivered again although we have it: the newer delivery answers for both.
            return Vec::new();
        }
        match &mut self.gate {
            None => self.enqueue(item).into_iter().collect(),
            Some(gate) => {
                if item.delivered > 1 {
                    gate.missing = gate.missing.saturating_sub(1);
                }
                gate.waiting.insert(item.sequence, item);
                self.open_gate()
            }
        }
    }

    /// Opens the gate if it is time; answers what can be started now.
    pub(super) fn open_gate(&mut self) -> Vec<Arc<Item>> {
        match self.gate.take() {
            Some(gate) if gate.missing == 0 || Instant::now() >= gate.opens => {
                gate.waiting.into_values().filter_map(|item| self.enqueue(item)).collect()
            }
            other => {
                self.gate = other;
                Vec::new()
            }
        }
    }

    /// Lets go of a finished message; answers the next of its aggregate.
    pub(super) fn finish(&mut self, item: &Item) -> Option<Arc<Item>> {
        self.by_sequence.remove(&item.sequence);
        let queue = self.queues.get_mut(&item.key())?;
        queue.pop_front();
        let next = queue.front().cloned();
        if next.is_none() {
            self.queues.remove(&item.key());
        }
        next
    }

    /// Tells the server that all of it is still being worked on.
    pub(super) async fn keep_alive(&self) {
        for item in self.by_sequence.values() {
            answer(item, AckKind::Progress).await;
        }
    }

    /// Gives everything back, in order, for another process to take at once.
    pub(super) async fn give_back(self) {
        let mut items: Vec<_> = self.by_sequence.into_values().collect();
        items.sort_by_key(|item| item.sequence);
        for item in items {
            answer(&item, AckKind::Nak(None)).await;
        }
    }

    fn enqueue(&mut self, item: Arc<Item>) -> Option<Arc<Item>> {
        let queue = self.queues.entry(item.key()).or_default();
        queue.push_back(item.clone());
        (queue.len() == 1).then_some(item)
    }
}

/// Answers a message. An answer that does not arrive leads to another delivery, which the inbox knows.
pub(super) async fn answer(item: &Item, kind: AckKind) {
    if let Err(problem) = item.message.ack_with(kind).await {
        tracing::debug!(%problem, "an answer to the server is lost");
    }
}
