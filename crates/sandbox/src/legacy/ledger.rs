//! The backend's memory: state, calls and effects, changed together and journaled first.

use std::{
    path::Path,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    answer::Refusal,
    book::{Book, Change},
    caller::Caller,
    config::Config,
    fault::{Fault, Faults, Storm},
    ops::{self, Around},
    record::{Call, Effect, Op, Outcome, Spreadsheet},
    request::Request,
    windows::Windows,
};
use crate::{feed::Feed, journal::Journal};

pub(super) struct Ledger {
    inner: Mutex<Inner>,
    next: AtomicU64,
    pub(super) calls: Feed<Call>,
    pub(super) effects: Feed<Effect>,
}

struct Inner {
    journal: Journal,
    book: Book,
    faults: Faults,
    windows: Windows,
}

/// One line of the journal: a call and all it changed, so that a kill splits neither.
#[derive(Deserialize, Serialize)]
struct Record {
    at: Timestamp,
    call: Option<Call>,
    changes: Vec<Change>,
}

/// A call on its way: what is known before it is served.
pub(super) struct Pending {
    pub(super) number: u64,
    pub(super) op: Op,
    pub(super) spreadsheet_id: Option<String>,
    pub(super) key: Option<String>,
    pub(super) idempotency_key: Option<String>,
    pub(super) traceparent: Option<String>,
    pub(super) fault: Option<Fault>,
    pub(super) scripted: bool,
}

impl Ledger {
    pub(super) fn open(config: &Config, path: Option<&Path>) -> anyhow::Result<Ledger> {
        let mut inner = Inner {
            journal: Journal::Memory,
            book: Book::default(),
            faults: Faults::new(config.mix, &config.scripts, &config.storms),
            windows: Windows::new(config.limits),
        };
        let (calls, effects, mut next) = (Feed::new(), Feed::new(), 0);
        let journal = Journal::open(path, |record: Record| {
            if let Some(call) = &record.call {
                next = next.max(call.number + 1);
                // A script of the configuration goes on where the last run left it.
                if call.scripted {
                    inner.faults.scripted(call.op, call.spreadsheet_id.as_deref());
                }
            }
            inner.remember(record, &calls, &effects);
        })?;
        inner.journal = journal;
        Ok(Ledger { inner: Mutex::new(inner), next: AtomicU64::new(next), calls, effects })
    }

    /// Numbers an arriving call.
    pub(super) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts the call against its window and chooses its fault.
    pub(super) fn admit(&self, caller: &Caller, call: &mut Pending) -> Result<(), Refusal> {
        let mut inner = self.lock();
        inner.windows.admit(caller, call.op)?;
        if call.op == Op::Unknown {
            return Ok(());
        }
        call.fault = inner.faults.scripted(call.op, call.spreadsheet_id.as_deref());
        call.scripted = call.fault.is_some();
        if call.fault.is_none() {
            let named = call.spreadsheet_id.as_deref();
            call.fault = inner.faults.unscripted(call.number, call.op, named);
        }
        Ok(())
    }

    /// Serves a call: its changes and its record are journaled as one, then made.
    pub(super) fn serve(
        &self,
        config: &Config,
        caller: &Caller,
        call: Pending,
        request: Result<Request, Refusal>,
    ) -> Result<Value, Refusal> {
        let mut inner = self.lock();
        let around = Around {
            book: &inner.book,
            role: caller.role,
            datasets: &config.datasets,
            calls: self.calls.len(),
        };
        let done = request.and_then(|request| ops::run(call.op, &around, &request));
        let (answer, changes) = match done {
            Ok(done) => (Ok(done.answer), done.changes),
            Err(refusal) => (Err(refusal), Vec::new()),
        };
        let status = answer.as_ref().map_or_else(|refusal| refusal.status().as_u16(), |_| 200);
        let outcome = match call.fault {
            Some(ref fault) if !fault.is_answered() => Outcome::Lost { status },
            _ => Outcome::Answered { status },
        };
        inner.write(Some(call.end(outcome)), changes, &self.calls, &self.effects)?;
        answer
    }

    /// Records a call that was not served.
    pub(super) fn turn_away(&self, call: Pending, outcome: Outcome) -> Result<(), Refusal> {
        self.lock().write(Some(call.end(outcome)), Vec::new(), &self.calls, &self.effects)
    }

    /// Makes a change that no call asked for.
    pub(super) fn change(&self, choose: impl FnOnce(&Book) -> Vec<Change>) {
        let mut inner = self.lock();
        let changes = choose(&inner.book);
        if let Err(failure) = inner.write(None, changes, &self.calls, &self.effects) {
            tracing::error!(?failure, "the legacy stand-in could not write its journal");
        }
    }

    pub(super) fn push_fault(&self, op: Op, spreadsheet_id: Option<String>, fault: Fault) {
        self.lock().faults.push(op, spreadsheet_id, fault);
    }

    pub(super) fn begin_storm(&self, storm: Storm) {
        self.lock().faults.begin_storm(storm);
    }

    pub(super) fn end_storms(&self) {
        self.lock().faults.end_storms();
    }

    pub(super) fn set_outage(&self, fault: Option<Fault>) {
        self.lock().faults.set_outage(fault);
    }

    pub(super) fn spreadsheets(&self) -> Vec<Spreadsheet> {
        self.lock().book.spreadsheets()
    }

    pub(super) fn close(&self) {
        self.lock().journal.close();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("a holder of this lock does not panic")
    }
}

impl Inner {
    fn write(
        &mut self,
        call: Option<Call>,
        changes: Vec<Change>,
        calls: &Feed<Call>,
        effects: &Feed<Effect>,
    ) -> Result<(), Refusal> {
        let record = Record { at: Timestamp::now(), call, changes };
        if let Err(failure) = self.journal.append(&record) {
            tracing::warn!(%failure, "the legacy stand-in could not write its journal");
            return Err(Refusal::ServerError);
        }
        self.remember(record, calls, effects);
        Ok(())
    }

    fn remember(&mut self, record: Record, calls: &Feed<Call>, effects: &Feed<Effect>) {
        let number = record.call.as_ref().map(|call| call.number);
        for change in record.changes {
            effects.push(Effect {
                at: record.at,
                call: number,
                spreadsheet_id: change.spreadsheet_id.clone(),
                kind: change.what.effect(),
            });
            self.book.apply(change);
        }
        if let Some(call) = record.call {
            calls.push(call);
        }
    }
}

impl Pending {
    pub(super) fn new(number: u64, op: Op) -> Self {
        Pending {
            number,
            op,
            spreadsheet_id: None,
            key: None,
            idempotency_key: None,
            traceparent: None,
            fault: None,
            scripted: false,
        }
    }

    fn end(self, outcome: Outcome) -> Call {
        Call {
            number: self.number,
            at: Timestamp::now(),
            op: self.op,
            spreadsheet_id: self.spreadsheet_id,
            key: self.key,
            idempotency_key: self.idempotency_key,
            traceparent: self.traceparent,
            outcome,
            fault: self.fault,
            scripted: self.scripted,
        }
    }
}
