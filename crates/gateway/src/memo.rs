//! A small bounded memory of answers: each lives for a while, and is asked for by one caller at a time.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::OnceCell, time::Instant};

/// Answers by key. Simultaneous callers of one key wait for one answer; failures are not remembered.
pub(crate) struct Memo<K, V> {
    slots: Mutex<HashMap<K, Slot<V>>>,
    most: usize,
}

struct Slot<V> {
    /// The answer and the end of its life; empty while it is being asked for.
    cell: Arc<OnceCell<(V, Instant)>>,
    /// What the answer was before.
    former: Option<V>,
    since: Instant,
}

/// A question that was never answered makes room after this time.
const UNANSWERED: Duration = Duration::from_secs(30);

impl<K: Clone + Eq + Hash, V: Clone> Memo<K, V> {
    /// A memory of at most `most` answers.
    pub(crate) fn new(most: usize) -> Self {
        Self { slots: Mutex::default(), most }
    }

    /// The remembered answer, else the one that `ask` brings together with its time to live. `ask` is told the former
    /// answer, if one is known.
    pub(crate) async fn recall<E, F>(
        &self,
        key: K,
        ask: impl FnOnce(Option<V>) -> F,
    ) -> Result<V, E>
    where
        F: Future<Output = Result<(V, Duration), E>>,
    {
        let (cell, former) = self.slot(key.clone());
        let answer = cell
            .get_or_try_init(|| async {
                let (value, life) = ask(former).await?;
                Ok((value, Instant::now() + life))
            })
            .await;
        if answer.is_err() {
            self.abandon(&key, &cell);
        }
        Ok(answer?.0.clone())
    }

    /// Takes back the room of a question that failed, unless others still wait for its answer.
    fn abandon(&self, key: &K, cell: &Arc<OnceCell<(V, Instant)>>) {
        let mut slots = self.lock();
        let is_ours = slots.get(key).is_some_and(|slot| Arc::ptr_eq(&slot.cell, cell));
        // The map and this caller.
        if is_ours && Arc::strong_count(cell) <= 2 && cell.get().is_none() {
            slots.remove(key);
        }
    }

    /// Forgets the answers whose key fits.
    pub(crate) fn forget(&self, fits: impl Fn(&K) -> bool) {
        self.lock().retain(|key, _| !fits(key));
    }

    fn slot(&self, key: K) -> (Arc<OnceCell<(V, Instant)>>, Option<V>) {
        let now = Instant::now();
        let mut slots = self.lock();
        let former = match slots.get(&key) {
            Some(slot) if !slot.has_ended(now) => return (slot.cell.clone(), slot.former.clone()),
            Some(slot) => slot.cell.get().map(|(value, _)| value.clone()),
            None => None,
        };
        if slots.len() >= self.most {
            slots.retain(|_, slot| !slot.has_ended(now));
            if slots.len() >= self.most {
                slots.clear();
            }
        }
        let slot = Slot { cell: Arc::default(), former: former.clone(), since: now };
        let cell = slot.cell.clone();
        slots.insert(key, slot);
        (cell, former)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Slot<V>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Slot<V> {
    fn has_ended(&self, now: Instant) -> bool {
        match self.cell.get() {
            Some((_, end)) => *end <= now,
            None => now >= self.since + UNANSWERED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    const LIFE: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn simultaneous_callers_ask_once() {
        let (memo, asked) = (Memo::new(10), AtomicUsize::new(0));
        let ask = || {
            memo.recall("key", |_| async {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>((asked.fetch_add(1, Ordering::SeqCst), LIFE))
            })
        };
        let all = futures::future::join_all((0..20).map(|_| ask())).await;
        assert!(all.into_iter().all(|answer| answer == Ok(0)));
    }

    #[tokio::test]
    async fn an_ended_answer_is_asked_for_again_by_one_who_knows_it() {
        let memo = Memo::new(10);
        let ask = |former: Option<u8>| async move {
            Ok::<_, Infallible>((former.map_or(1, |former| former + 1), Duration::ZERO))
        };
        assert_eq!(memo.recall("key", ask).await, Ok(1));
        assert_eq!(memo.recall("key", ask).await, Ok(2));
    }

    #[tokio::test]
    async fn a_failure_is_not_remembered_and_the_memory_is_bounded() {
        let memo = Memo::new(10);
        assert_eq!(memo.recall(0, |_| async { Err(()) }).await, Err::<u8, _>(()));
        assert!(memo.lock().is_empty(), "a failed question takes no room");
        for key in 0..1000 {
            assert_eq!(memo.recall(key, |_| async { Ok::<_, ()>((7, LIFE)) }).await, Ok(7));
        }
        assert!(memo.lock().len() <= 10);
    }

    #[tokio::test]
    async fn what_is_forgotten_is_asked_for_again() {
        let memo = Memo::new(10);
        assert_eq!(memo.recall("a", |_| async { Ok::<_, ()>((1, LIFE)) }).await, Ok(1));
        memo.forget(|key| *key == "a");
        assert_eq!(memo.recall("a", |_| async { Ok::<_, ()>((2, LIFE)) }).await, Ok(2));
    }
}
