//! After the master key was replaced: every data key is wrapped anew under the current one, while secrets are sealed
//! and opened as before. What is done stands in the rows, so a run that was killed is simply run again.

use kernel::TenantId;
use pg::{Db, PlatformTx};

use crate::{Error, Result, Vault, store};

/// Tenants that are listed at a time.
const PAGE: u16 = 200;

/// How far a rotation has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Done in this run.
    pub done: u64,
    /// What there was to do when it began, and what has been added since.
    pub total: u64,
}

/// What a rotation of the master key came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Data keys wrapped anew in this run.
    pub data_keys: u64,
    /// Tenants with a data key that could not be unwrapped; the log says why. The older master keys are still needed.
    pub failed: Vec<TenantId>,
}

impl Vault {
    /// Wraps every data key of this service anew under the current master key, and tells its progress after each
    /// tenant. When nobody failed, in any service, the older master keys may be destroyed.
    ///
    /// # Errors
    /// [`Error::MissingMaster`] while the keyring lacks an older key; [`Error::Kms`] and [`Error::Database`], after
    /// which another run goes on where this one ended.
    pub async fn rotate_master(
        &self,
        db: &Db,
        mut told: impl FnMut(Progress),
    ) -> Result<Rewrapped> {
        self.fits(db).await?;
        let mut progress = Progress { done: 0, total: self.status(db).await?.stale };
        told(progress);
        let (mut failed, mut after) = (Vec::new(), None);
        loop {
            let waiting = self.stale_page(db, after).await?;
            let Some(&last) = waiting.last() else {
                return Ok(Rewrapped { data_keys: progress.done, failed });
            };
            for tenant in waiting {
                match self.rewrap(db, tenant).await {
                    Ok(count) => progress.done += count,
                    Err(Error::DataKey(generation)) => {
                        tracing::error!(tenant.id = %tenant, generation, "a data key was changed");
                        failed.push(tenant);
                    }
                    Err(other) => return Err(other),
                }
                progress.total = progress.total.max(progress.done);
                told(progress);
            }
            after = Some(last);
        }
    }

    /// Re-wraps one tenant's data keys under the current master key and answers how many it re-wrapped. The secrets
    /// themselves stay as they are, and are readable all the while.
    ///
    /// # Errors
    /// [`Error::MissingMaster`] while the keyring lacks the older key; [`Error::Kms`]; [`Error::Database`].
    pub async fn rewrap(&self, db: &Db, tenant: TenantId) -> Result<u64> {
        let current = self.wrappers().current_id();
        let mut tx = db.tenant(tenant, "list_stale_data_keys").await?;
        let stale = store::stale(&mut tx, &current).await?;
        tx.commit().await?;
        let mut count = 0;
        for held in stale {
            // Outside any transaction: the master key may be a network away.
            let key = self.unwrap(&held).await?;
            let fresh = self.wrap(tenant, held.generation, &key).await?;
            let mut tx = db.tenant(tenant, "rewrap_data_key").await?;
            // Whoever was faster re-wrapped or shredded it: both are fine.
            count += u64::from(store::replace_wrapping(&mut tx, &held, &fresh).await?);
            tx.commit().await?;
        }
        Ok(count)
    }

    /// Tenants of this service after `after`, at most `limit`, whose data keys wait for [`Vault::rewrap`].
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn stale(
        &self,
        tx: &mut PlatformTx,
        after: Option<TenantId>,
        limit: u16,
    ) -> Result<Vec<TenantId>> {
        store::list_stale(tx, &self.wrappers().current_id(), after, i64::from(limit)).await
    }

    async fn stale_page(&self, db: &Db, after: Option<TenantId>) -> Result<Vec<TenantId>> {
        let mut tx = db.platform("list_stale_keys", "rotation of the master key").await?;
        let waiting = self.stale(&mut tx, after, PAGE).await?;
        tx.commit().await?;
        Ok(waiting)
    }
}
