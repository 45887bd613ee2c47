//! The mail server in the hands of a test or of the pages.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use super::{config::Fault, message::Message, session::Server, store::Attempt};

/// A running mail server. Clones are the same server.
#[derive(Clone)]
pub struct Handle {
    pub(super) server: Arc<Server>,
    pub(super) address: SocketAddr,
}

impl Handle {
    /// Where it takes mail: plain SMTP on loopback, no sign-in.
    pub fn smtp_addr(&self) -> SocketAddr {
        self.address
    }

    /// Every kept mail since the journal began, oldest first.
    pub fn messages(&self) -> Vec<Arc<Message>> {
        self.server.store.messages.all()
    }

    /// The kept mail with this id.
    pub fn message(&self, id: u64) -> Option<Arc<Message>> {
        self.server.store.message(id)
    }

    /// Every mail that was sent to its last byte, kept or not, oldest first.
    pub fn attempts(&self) -> Vec<Arc<Attempt>> {
        self.server.store.attempts.all()
    }

    /// The first kept mail, past or future, that the predicate holds for; none when the time is up.
    pub async fn wait_for(
        &self,
        predicate: impl Fn(&Message) -> bool,
        timeout: Duration,
    ) -> Option<Arc<Message>> {
        self.server.store.messages.wait_for(predicate, timeout).await
    }

    /// Plays this fault on the next mail; pushed faults queue up and go before all others.
    pub fn push_fault(&self, fault: Fault) {
        self.server.store.push_fault(fault);
    }

    pub(crate) async fn stop(&self) {
        self.server.life.end().await;
        self.server.store.close();
    }

    pub(crate) fn cut(&self) {
        self.server.store.close();
        self.server.life.cut();
    }
}
