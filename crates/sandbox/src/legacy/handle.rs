//! The legacy backend in the hands of a test or of the pages.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use secrecy::SecretString;

use super::{
    book::{Book, Change, What},
    fault::{Fault, Storm},
    http::Backend,
    record::{Call, Effect, Op, Spreadsheet},
};

/// A running legacy backend. Clones are the same backend.
#[derive(Clone)]
pub struct Handle {
    pub(super) backend: Arc<Backend>,
    pub(super) address: SocketAddr,
}

impl Handle {
    /// Its base address, `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key that opens everything.
    pub fn api_key(&self) -> &SecretString {
        &self.backend.config.api_key
    }

    /// Every call since the journal began, in the order in which they were decided. Health checks
    /// are not among them.
    pub fn calls(&self) -> Vec<Arc<Call>> {
        self.backend.ledger.calls.all()
    }

    /// Every real change since the journal began, in order.
    pub fn effects(&self) -> Vec<Arc<Effect>> {
        self.backend.ledger.effects.all()
    }

    /// What it knows now, by spreadsheet id.
    pub fn spreadsheets(&self) -> Vec<Spreadsheet> {
        self.backend.ledger.spreadsheets()
    }

    /// The first call, past or future, that the predicate holds for; none when the time is up.
    pub async fn wait_for_call(
        &self,
        predicate: impl Fn(&Call) -> bool,
        timeout: Duration,
    ) -> Option<Arc<Call>> {
        self.backend.ledger.calls.wait_for(predicate, timeout).await
    }

    /// The first effect, past or future, that the predicate holds for; none when the time is up.
    pub async fn wait_for_effect(
        &self,
        predicate: impl Fn(&Effect) -> bool,
        timeout: Duration,
    ) -> Option<Arc<Effect>> {
        self.backend.ledger.effects.wait_for(predicate, timeout).await
    }

    /// Plays this fault on the next call of the operation; pushed faults queue up.
    pub fn push_fault(&self, op: Op, fault: Fault) {
        self.backend.ledger.push_fault(op, None, fault);
    }

    /// Plays this fault on the next call of the operation that names this spreadsheet. It goes
    /// before a fault pushed for any spreadsheet.
    pub fn push_fault_for(&self, spreadsheet_id: &str, op: Op, fault: Fault) {
        self.backend.ledger.push_fault(op, Some(spreadsheet_id.to_owned()), fault);
    }

    /// Plays a fault on every call it is aimed at and no script speaks of: so many calls, or until
    /// [`Handle::end_storms`]. Storms begun earlier go first.
    pub fn begin_storm(&self, storm: Storm) {
        self.backend.ledger.begin_storm(storm);
    }

    /// Ends all storms.
    pub fn end_storms(&self) {
        self.backend.ledger.end_storms();
    }

    /// Plays this fault on every call that no script speaks of, until [`Handle::end_outage`].
    pub fn begin_outage(&self, fault: Fault) {
        self.backend.ledger.set_outage(Some(fault));
    }

    /// Goes back to the random mix.
    pub fn end_outage(&self) {
        self.backend.ledger.set_outage(None);
    }

    /// Switches a spreadsheet off, as an administrator of the real backend could.
    pub fn deactivate(&self, spreadsheet_id: &str) {
        self.backend.ledger.change(|book| {
            let active = book.sheet(spreadsheet_id).is_some_and(|sheet| sheet.is_active);
            active.then(|| change(spreadsheet_id, What::Deactivated)).into_iter().collect()
        });
    }

    /// Switches all tokens of a spreadsheet off.
    pub fn deactivate_tokens(&self, spreadsheet_id: &str) {
        let active = |book: &Book| -> Vec<Change> {
            let tokens = book.sheet(spreadsheet_id).map(|sheet| sheet.tokens.iter());
            let active = tokens.into_iter().flatten().filter(|(_, token)| token.is_active);
            active
                .map(|(sid, _)| change(spreadsheet_id, What::TokenDeactivated { sid: sid.clone() }))
                .collect()
        };
        self.backend.ledger.change(active);
    }

    pub(crate) async fn stop(&self) {
        self.backend.life.end().await;
        self.backend.ledger.close();
    }

    pub(crate) fn cut(&self) {
        self.backend.ledger.close();
        self.backend.life.cut();
    }
}

fn change(spreadsheet_id: &str, what: What) -> Change {
    Change { spreadsheet_id: spreadsheet_id.to_owned(), what }
}
