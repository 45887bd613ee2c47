//! The audit of calls that the platform's trust alone let in and that change nothing: kept in batches, so that no call waits;
//! where they are not written, no more calls come in by trust alone.

use std::{collections::HashMap, time::Duration};

use kernel::{Cx, Flags, TenantId};
use pg::Db;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wire::Trusted;

use crate::{Result, audit};

/// How many calls wait to be written at most.
const ROOM: usize = 1_024;
/// How many are written at once at most.
const BATCH: usize = 256;

/// How often writing is tried, and how long between two tries: shorter outages leave nothing out.
const TRIES: u32 = 120;
const PAUSE: Duration = Duration::from_millis(500);

/// The action of such rows.
pub(crate) const BY_TRUST: &str = "access.trusted";

/// Writes what guards tell into the audit of a service.
#[derive(Debug)]
pub struct TrustedCalls {
    db: Db,
    told: mpsc::Receiver<Trusted>,
}

impl TrustedCalls {
    /// The journal of a service, and where its guard tells.
    #[must_use]
    pub fn of(db: Db) -> (mpsc::Sender<Trusted>, Self) {
        let (tell, told) = mpsc::channel(ROOM);
        (tell, Self { db, told })
    }

    /// Writes until asked to stop, and then what was told before. What cannot be written for a minute, or while stopping, is
    /// logged and left.
    ///
    /// # Errors
    /// None so far; whoever runs it asks for a result.
    pub async fn run(mut self, stop: CancellationToken) -> Result<()> {
        let mut calls = Vec::with_capacity(BATCH);
        while let Some(1..) = stop.run_until_cancelled(self.told.recv_many(&mut calls, BATCH)).await
        {
            self.keep(std::mem::take(&mut calls), &stop).await;
        }
        self.told.close();
        while self.told.recv_many(&mut calls, BATCH).await > 0 {
            self.keep(std::mem::take(&mut calls), &stop).await;
        }
        Ok(())
    }

    /// One transaction for each tenant; a call about the platform is the platform's.
    async fn keep(&self, calls: Vec<Trusted>, stop: &CancellationToken) {
        let mut by_tenant: HashMap<TenantId, Vec<Trusted>> = HashMap::new();
        for call in calls {
            by_tenant.entry(call.cx.tenant.unwrap_or(TenantId::PLATFORM)).or_default().push(call);
        }
        for (tenant, calls) in by_tenant {
            if let Err(problem) = self.insist(tenant, &calls, stop).await {
                // The guard has logged each of them.
                tracing::error!(%problem, calls = calls.len(), "calls by trust stand in no audit");
                metrics::counter!("usher_rpc_trusted_unaudited_total")
                    .increment(calls.len() as u64);
            }
        }
    }

    /// Tries again and again; once more and no further while stopping.
    async fn insist(
        &self,
        tenant: TenantId,
        calls: &[Trusted],
        stop: &CancellationToken,
    ) -> pg::Result<()> {
        for _ in 1..TRIES {
            let is_last = stop.is_cancelled();
            match self.write(tenant, calls).await {
                Err(problem) if !is_last => {
                    tracing::warn!(%problem, calls = calls.len(), "calls by trust are not audited yet");
                    let _ = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                }
                settled => return settled,
            }
        }
        self.write(tenant, calls).await
    }

    async fn write(&self, tenant: TenantId, calls: &[Trusted]) -> pg::Result<()> {
        let mut tx = self.db.tenant(tenant, "audit_trusted_calls").await?;
        for call in calls {
            // The row itself says it, so it needs no second one.
            let flags = Flags { by_trust: false, ..call.cx.flags };
            let cx = Cx { flags, ..call.cx.clone() };
            audit(&mut tx, &cx, BY_TRUST, &call.method).await?;
        }
        tx.commit().await
    }
}
