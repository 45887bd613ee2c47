//! Words that counted once and count no more: shared by all gateways where they meet, each kept for as long as a call with
//! it could be believed. NATS keeps them on disk, for it to know them after a restart; a gateway alone knows nothing of what
//! came before it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bus::{Bucket, Keeping, Nats};
use bytes::Bytes;

use super::{callers::WINDOW, head::Refusal};

/// For how many seconds a word is kept: a call may be signed ahead by a window, and is believed for another.
const KEPT: i64 = 2 * WINDOW + 60;
/// How long an answer of the others is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Words kept by a gateway that is alone.
const MOST: usize = 100_000;

/// The words.
pub(super) enum Nonces {
    /// In NATS, whose server bounds them.
    Shared(Box<Bucket>),
    /// Since when, and each until when, in seconds.
    Own { since: i64, known: Mutex<HashMap<String, i64>> },
}

impl Nonces {
    pub(super) fn new(nats: Option<&Nats>, now: i64) -> Self {
        let kept = Duration::from_secs(KEPT.unsigned_abs());
        match nats {
            Some(nats) => Self::Shared(Box::new(nats.bucket("nonces", Keeping::Enduring(kept)))),
            None => Self::Own { since: now, known: Mutex::default() },
        }
    }

    /// Uses up the word of a call that was signed at `signed`. What cannot be noted is refused: it might count twice.
    pub(super) async fn take(&self, word: &str, signed: i64, now: i64) -> Result<(), Refusal> {
        let is_first = match self {
            Self::Shared(bucket) => note(bucket, word).await?,
            // It may have come before this process began: then it was signed a window ahead at most.
            Self::Own { since, .. } if signed < since + WINDOW => return Err(Refusal::Unchecked),
            Self::Own { known, .. } => {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                if known.len() >= MOST {
                    known.retain(|_, until| *until > now);
                }
                if known.len() >= MOST {
                    return Err(Refusal::Unchecked);
                }
                let former = known.insert(word.to_owned(), now + KEPT);
                former.is_none_or(|until| until <= now)
            }
        };
        if is_first { Ok(()) } else { Err(Refusal::Replayed) }
    }
}

async fn note(bucket: &Bucket, word: &str) -> Result<bool, Refusal> {
    let noted = tokio::time::timeout(PATIENCE, bucket.swap(word, Bytes::from_static(b"1"), 0));
    match noted.await {
        Ok(Ok(first)) => Ok(first),
        Ok(Err(problem)) => {
            tracing::warn!(%problem, "a signed call could not be noted");
            Err(Refusal::Unchecked)
        }
        Err(_) => {
            tracing::warn!("a signed call could not be noted: no answer in time");
            Err(Refusal::Unchecked)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_word_counts_once_while_it_could_be_believed_and_the_memory_is_bounded() {
        let nonces = Nonces::new(None, -WINDOW);
        let take = async |word: &str, now| nonces.take(word, now, now).await;
        assert_eq!(take("one", 0).await, Ok(()));
        assert_eq!(take("one", KEPT - 1).await, Err(Refusal::Replayed));
        assert_eq!(take("one", 3 * KEPT).await, Ok(()), "no call with it is believed now");
        for n in 1..MOST {
            assert_eq!(take(&n.to_string(), 3 * KEPT).await, Ok(()));
        }
        assert_eq!(take("more", 3 * KEPT).await, Err(Refusal::Unchecked), "none is forgotten");
        assert_eq!(take("more", 5 * KEPT).await, Ok(()));
    }

    #[tokio::test]
    async fn a_gateway_alone_takes_nothing_that_may_have_come_before_it_began() {
        let nonces = Nonces::new(None, 1000);
        for (signed, taken) in [
            (1000 - WINDOW, Err(Refusal::Unchecked)),
            (1000, Err(Refusal::Unchecked)),
            (1000 + WINDOW - 1, Err(Refusal::Unchecked)),
            (1000 + WINDOW, Ok(())),
        ] {
            assert_eq!(nonces.take(&signed.to_string(), signed, 1000).await, taken, "{signed}");
        }
    }
}
