//! The mail server's memory: every attempt to send, and the mails that were kept.

use std::{
    collections::VecDeque,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    config::{Config, Fault, Mix},
    message::Message,
};
use crate::{chance, feed::Feed, journal::Journal};

/// One mail that a client sent to its last byte.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Attempt {
    /// Counts all attempts since the journal began, from 0. A kept mail has it as its id.
    pub number: u64,
    /// When the last byte came.
    pub at: Timestamp,
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// The fault played on it, if any.
    pub fault: Option<Fault>,
}

/// Whether the mail was kept.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the list.
    Kept,
    /// It is not.
    Refused,
}

pub(super) struct Store {
    inner: Mutex<Inner>,
    pub(super) attempts: Feed<Attempt>,
    pub(super) messages: Feed<Message>,
}

struct Inner {
    journal: Journal,
    next: u64,
    pushed: VecDeque<Fault>,
    refuse_first: u64,
    mix: Mix,
}

/// One line of the journal; `mail` is base64, and absent when the mail was not kept.
#[derive(Deserialize, Serialize)]
struct Record {
    number: u64,
    at: Timestamp,
    from: String,
    to: Vec<String>,
    fault: Option<Fault>,
    mail: Option<String>,
}

impl Store {
    pub(super) fn open(config: &Config, path: Option<&Path>) -> anyhow::Result<Store> {
        let (attempts, messages, mut next) = (Feed::new(), Feed::new(), 0);
        let journal = Journal::open(path, |record: Record| {
            next = next.max(record.number + 1);
            let raw = record.mail.as_ref().and_then(|mail| STANDARD.decode(mail).ok());
            remember(record, raw, &attempts, &messages);
        })?;
        let inner = Inner {
            journal,
            next,
            pushed: VecDeque::new(),
            refuse_first: config.refuse_first,
            mix: config.mix,
        };
        Ok(Store { inner: Mutex::new(inner), attempts, messages })
    }

    /// Numbers a complete mail, chooses its fault, and keeps it unless the fault forbids.
    ///
    /// # Errors
    /// The journal cannot be written: nothing was kept.
    pub(super) fn take(
        &self,
        from: String,
        to: Vec<String>,
        raw: Vec<u8>,
    ) -> io::Result<Option<Fault>> {
        let mut inner = self.lock();
        let number = inner.next;
        let fault = inner.fault(number);
        let kept = fault.is_none_or(Fault::keeps);
        let mail = kept.then(|| STANDARD.encode(&raw));
        let record = Record { number, at: Timestamp::now(), from, to, fault, mail };
        inner.journal.append(&record)?;
        inner.next += 1;
        remember(record, kept.then_some(raw), &self.attempts, &self.messages);
        Ok(fault)
    }

    /// The number that the next complete mail will have.
    pub(super) fn next(&self) -> u64 {
        self.lock().next
    }

    pub(super) fn push_fault(&self, fault: Fault) {
        self.lock().pushed.push_back(fault);
    }

    pub(super) fn message(&self, id: u64) -> Option<Arc<Message>> {
        self.messages.all().into_iter().find(|message| message.id == id)
    }

    pub(super) fn close(&self) {
        self.lock().journal.close();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("a holder of this lock does not panic")
    }
}

impl Inner {
    fn fault(&mut self, number: u64) -> Option<Fault> {
        if let Some(fault) = self.pushed.pop_front() {
            return Some(fault);
        }
        if number < self.refuse_first {
            return Some(Fault::TryLater);
        }
        chance::pick(self.mix.seed, number, &self.mix.shares())
    }
}

impl Fault {
    pub(super) fn keeps(self) -> bool {
        matches!(self, Fault::DroppedBeforeReply | Fault::DroppedAfterReply)
    }
}

fn remember(
    record: Record,
    raw: Option<Vec<u8>>,
    attempts: &Feed<Attempt>,
    messages: &Feed<Message>,
) {
    let Record { number, at, from, to, fault, .. } = record;
    let outcome = if raw.is_some() { Outcome::Kept } else { Outcome::Refused };
    attempts.push(Attempt { number, at, from: from.clone(), to: to.clone(), outcome, fault });
    if let Some(raw) = raw {
        messages.push(Message::parse(number, at, from, to, raw));
    }
}
