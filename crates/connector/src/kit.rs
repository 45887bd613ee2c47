//! The doors that every connector has, whatever it speaks to.

use std::fmt;

use async_trait::async_trait;
use outbound::{Class, Fault};
use serde::{Deserialize, Serialize};

use crate::Spec;

/// A connector opened with its settings.
#[async_trait]
pub trait Connector: fmt::Debug + Send + Sync {
    /// What it is and what it has to be told.
    fn spec(&self) -> &'static Spec;

    /// Makes the cheapest call that proves the settings.
    ///
    /// # Errors
    /// A [`Fault`] of class config where the settings do not hold.
    async fn check(&self) -> Result<Checked, Fault>;

    /// Shows at most so many things found there, so that a person sees that it is the right place.
    ///
    /// # Errors
    /// A [`Fault`] where they cannot be read.
    async fn sample(&self, most: usize) -> Result<Vec<Sample>, Fault>;

    /// Proves that what a receipt tells of was done and still stands.
    ///
    /// # Errors
    /// A [`Fault`] where it was not, or where that cannot be found out.
    async fn verify(&self, receipt: &Receipt) -> Result<Proof, Fault>;
}

/// The settings hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// A sentence for the tenant: as whom we are known there.
    pub summary: String,
}

/// One thing found at the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Its id there.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What else is worth a line.
    pub detail: String,
}

/// What a write leaves in the writer's hands; kept with a job's step, so that it can be proven later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The connector's name.
    pub connector: String,
    /// The kind of thing: `token`, `message`.
    pub kind: String,
    /// Where it stands: a spreadsheet, a chat.
    pub place: String,
    /// Its id there.
    pub id: String,
}

kernel::closed_set! {
    /// What a proof rests on.
    pub enum Evidence {
        /// The thing was read back.
        ReadBack = "read_back",
        /// The other side confirmed the write and lets nobody read it back.
        Confirmed = "confirmed",
    }
}

/// The write happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// What that rests on.
    pub evidence: Evidence,
    /// A sentence for the tenant.
    pub words: String,
}

kernel::closed_set! {
    /// The state of a connection at a glance.
    pub enum Light {
        /// It works.
        Green = "green",
        /// It does not at the moment, and may again by itself.
        Yellow = "yellow",
        /// Somebody has to mend it.
        Red = "red",
    }
}

impl Light {
    /// The light that a check leaves on.
    #[must_use]
    pub fn after<T>(check: &Result<T, Fault>) -> Self {
        match check {
            Ok(_) => Self::Green,
            Err(fault) if fault.class == Class::Transient => Self::Yellow,
            Err(_) => Self::Red,
        }
    }
}

#[cfg(test)]
mod tests {
    use outbound::Kind;

    use super::*;

    #[test]
    fn the_light_says_whether_somebody_has_to_mend_it() {
        let fault = |kind| Err::<(), _>(Fault::new(kind, "u", "o"));
        assert_eq!(Light::after(&Ok(())), Light::Green);
        assert_eq!(Light::after(&fault(Kind::RateLimited)), Light::Yellow);
        assert_eq!(Light::after(&fault(Kind::KeyRefused)), Light::Red);
        assert_eq!(Light::after(&fault(Kind::Malformed)), Light::Red);
    }
}
