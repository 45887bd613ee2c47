//! One round of a relay: read a chunk, publish it, write down how far it came.

use std::{collections::HashMap, time::Instant};

use pg::Db;

use super::{
    epoch::{Epoch, look, note},
    gauge, parked,
    publish::{Failed, Published, publish},
    window::{Windows, save},
};
use crate::{Error, Nats, Result, lease::Leases};

/// A row that alone fails so many rounds, while others pass, counts as poison.
const ROUNDS: u32 = 5;

/// A relay between two rounds.
#[derive(Debug)]
pub(super) struct Rounds {
    db: Db,
    nats: Nats,
    windows: Windows,
    /// What is known of the stream; none until it has been looked at since the last doubt.
    epoch: Option<Epoch>,
    /// Rows that failed without being at fault for certain, and how often in a row.
    suspects: HashMap<i64, u32>,
}

impl Rounds {
    pub(super) fn new(db: Db, nats: Nats) -> Self {
        Self { db, nats, windows: Windows::default(), epoch: None, suspects: HashMap::new() }
    }

    /// The lanes worked on.
    pub(super) fn lanes(&self) -> Vec<i16> {
        self.windows.lanes.keys().copied().collect()
    }

    /// Takes lanes on and lets others go.
    pub(super) async fn change(&mut self, gained: &[String], gone: &[String]) -> Result<()> {
        let numbers = |names: &[String]| {
            names.iter().filter_map(|name| name.parse().ok()).collect::<Vec<i16>>()
        };
        for lane in numbers(gone) {
            self.windows.lanes.remove(&lane);
        }
        let gained = numbers(gained);
        if gained.is_empty() { Ok(()) } else { self.windows.load(&self.db, &gained).await }
    }

    /// Forgets what is in memory after a failure; the database says where to go on.
    pub(super) async fn recover(&mut self) -> Result<()> {
        self.epoch = None;
        let lanes = self.lanes();
        self.windows.load(&self.db, &lanes).await
    }

    /// Looks at the stream, and goes back to the start where it has to be filled again.
    pub(super) async fn verify(&mut self) -> Result<()> {
        let looked = look(&self.db, &self.nats).await?;
        self.epoch = Some(looked.epoch);
        if looked.refilled {
            let lanes = self.lanes();
            self.windows.load(&self.db, &lanes).await?;
        }
        Ok(())
    }

    /// Tries parked aggregates whose turn has come.
    pub(super) async fn retry_parked(&mut self, leases: &Leases) -> Result<u64> {
        parked::retry(&self.db, &self.nats, leases.member(), &self.windows).await
    }

    /// Exports how far behind the lanes are.
    pub(super) async fn measure(&self) -> Result<()> {
        gauge::measure(&self.db, &self.lanes()).await
    }

    /// One chunk of every lane; answers how many rows were read.
    pub(super) async fn round(&mut self, leases: &Leases) -> Result<usize> {
        if self.epoch.is_none() {
            self.verify().await?;
        }
        let Some(mut epoch) = self.epoch.clone() else {
            return Ok(0);
        };
        let (rows, ends) = self.windows.read(&self.db).await?;
        let read = rows.len();
        if !leases.trusted() {
            return Err(Error::LeaseLost);
        }
        let started = Instant::now();
        let published = publish(&self.nats, self.db.service(), rows, epoch.last_seq, "").await;
        self.count(&published, started);
        let poisoned = self.judge(&published)?;
        if published.went_back {
            self.epoch = None;
            return Err(Error::nats("the stream has lost its end"));
        }
        epoch.reach(&published.last);

        // What was left untried behind a failure is read again; only the guilty are put aside.
        let settled = self.windows.settle(&ends, published.untried);
        if settled.is_empty() {
            return Ok(read);
        }
        let mut tx = self.db.platform("save_cursors", "the relay serves all tenants").await?;
        for failed in poisoned {
            parked::park(&mut tx, failed).await?;
        }
        save(&mut tx, leases.member(), &settled).await?;
        if !note(&mut tx, &self.nats, &epoch).await? {
            self.epoch = None;
            return Err(Error::nats("the stream has been replaced"));
        }
        tx.commit().await?;
        self.epoch = Some(epoch);
        Ok(read)
    }

    /// Decides which failures are the fault of their row; any other failure ends the round.
    fn judge<'a>(&mut self, published: &'a Published) -> Result<Vec<&'a Failed>> {
        let mut poisoned = Vec::new();
        let mut innocent = None;
        for failed in &published.failed {
            let rounds = self.suspects.entry(failed.row.id).or_default();
            // A server that answers nobody says nothing about a row.
            *rounds += u32::from(published.stored > 0);
            if failed.poison || *rounds >= ROUNDS {
                self.suspects.remove(&failed.row.id);
                poisoned.push(failed);
            } else {
                innocent = Some(failed);
            }
        }
        match innocent {
            Some(failed) => Err(Error::nats(failed.error.clone())),
            None => {
                self.suspects.clear();
                Ok(poisoned)
            }
        }
    }

    fn count(&self, published: &Published, started: Instant) {
        if published.stored == 0 {
            return;
        }
        let service = self.db.service();
        metrics::counter!("usher_relay_published_total", "service" => service)
            .increment(published.stored);
        metrics::counter!("usher_relay_republished_total", "service" => service)
            .increment(published.repeated);
        metrics::histogram!("usher_relay_batch_seconds", "service" => service)
            .record(started.elapsed().as_secs_f64());
    }
}
