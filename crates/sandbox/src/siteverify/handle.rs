//! The provider in the hands of a test.

use std::{net::SocketAddr, sync::Arc};

use super::{Check, Fault, Solved, http::Server};

/// A running provider. Dropping it ends it.
pub struct Handle {
    pub(super) server: Arc<Server>,
    pub(super) address: SocketAddr,
}

impl Handle {
    /// Where tokens are checked.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/siteverify", self.address)
    }

    /// Its host and port, as settings name trusted hosts.
    #[must_use]
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// From now on the token is one that was solved, until it is checked.
    pub fn solve(&self, token: &str, solved: Solved) {
        self.server.book.solve(token, solved);
    }

    /// Plays this fault on the next check; pushed faults queue up.
    pub fn push_fault(&self, fault: Fault) {
        self.server.book.push_fault(fault);
    }

    /// Every check that was answered with a verdict, in order.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        self.server.book.checks()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.server.life.cut();
    }
}
