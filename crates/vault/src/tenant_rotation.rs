//! A tenant's secrets sealed anew under a fresh data key, while others seal and open; then the older keys go.
//!
//! Nothing is lost on the way: who seals holds the data key until the commit, so the older key is retired only after
//! the last value sealed with it can be seen; and who read an old value may still open it, because the key also
//! outlives every transaction that began before the last value was sealed anew.

use std::time::Duration;

use kernel::{Cx, TenantId, Timestamp};
use pg::{Db, TenantTx};
use uuid::Uuid;

use crate::{
    Error, Progress, Result, Vault,
    columns::{self, Column},
    store,
};

/// Values sealed anew in one transaction.
const BATCH: i64 = 100;

/// Between two looks at what others still hold.
const PAUSE: Duration = Duration::from_millis(100);

/// Looks without progress before a run gives up; the next one goes on.
const LOOKS: u32 = 600;

/// What a rotation of a tenant's data key came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Secrets sealed anew in this run.
    pub secrets: u64,
    /// Secrets that do not open where they stand; the log names their rows. They keep the older keys alive.
    pub refused: u64,
    /// Older data keys destroyed; none while anything still needs them.
    pub retired: u64,
    /// Whether only the newest data key is left.
    pub complete: bool,
}

impl Vault {
    /// Gives the tenant a new data key: later secrets are sealed with it, earlier ones still open.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Kms`] or [`Error::Crypto`].
    pub async fn renew(&self, db: &Db, tenant: TenantId) -> Result<()> {
        loop {
            let mut tx = db.tenant(tenant, "read_data_key").await?;
            let (highest, _) = store::hold_newest(&mut tx).await?;
            tx.commit().await?;
            let fresh = self.draw(tenant, highest + 1).await?;
            let mut tx = db.tenant(tenant, "renew_data_key").await?;
            let added = store::insert(&mut tx, &fresh).await?;
            tx.commit().await?;
            if added {
                return Ok(());
            }
        }
    }

    /// Seals all of a tenant's secrets anew under a fresh data key and destroys the older ones. A run that was killed
    /// is gone on with: while a tenant has more than one live data key, no further one is drawn. Every opening is
    /// journaled as `cx`'s, with the reason `reseal_secrets`.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Kms`], or one of the key's; another run goes on where this one ended.
    pub async fn rotate_tenant(
        &self,
        db: &Db,
        cx: &Cx,
        tenant: TenantId,
        mut told: impl FnMut(Progress),
    ) -> Result<Resealed> {
        let Some(target) = self.target(db, tenant).await? else {
            return Ok(Resealed { complete: true, ..Resealed::default() });
        };
        let mut tx = db.tenant(tenant, "count_older_secrets").await?;
        let columns = columns::list(&mut tx).await?;
        let total = count(&columns, &mut tx, target).await?;
        tx.commit().await?;
        let mut run =
            Run { vault: self, db, cx, tenant, columns, target, done: Resealed::default() };
        told(Progress { done: 0, total });
        let mut looks = 0;
        while looks < LOOKS {
            let before = run.done.secrets;
            run.pass(total, &mut told).await?;
            if run.done.refused > 0 || is_done(run.retire().await)? {
                break;
            }
            looks = if run.done.secrets > before { 0 } else { looks + 1 };
            tokio::time::sleep(PAUSE).await;
        }
        Ok(run.done)
    }

    /// The generation to seal under: a fresh one, or that of a run that was not finished. None where the tenant has
    /// no live data key, and so nothing that opens.
    async fn target(&self, db: &Db, tenant: TenantId) -> Result<Option<i32>> {
        let mut tx = db.tenant(tenant, "read_data_keys").await?;
        let found = store::live(&mut tx).await?;
        tx.commit().await?;
        match found {
            (None, _) => return Ok(None),
            (newest, 2..) => return Ok(newest),
            _ => self.renew(db, tenant).await?,
        }
        let mut tx = db.tenant(tenant, "read_data_keys").await?;
        let (newest, _) = store::live(&mut tx).await?;
        tx.commit().await?;
        Ok(newest)
    }
}

/// One run for one tenant.
struct Run<'a> {
    vault: &'a Vault,
    db: &'a Db,
    cx: &'a Cx,
    tenant: TenantId,
    columns: Vec<Column>,
    target: i32,
    done: Resealed,
}

impl Run<'_> {
    /// Goes once through all columns.
    async fn pass(&mut self, total: u64, told: &mut impl FnMut(Progress)) -> Result<()> {
        self.done.refused = 0;
        for column in self.columns.clone() {
            let mut after = None;
            while let Some(last) = self.batch(&column, after).await? {
                after = Some(last);
                let done = self.done.secrets;
                told(Progress { done, total: total.max(done) });
            }
        }
        Ok(())
    }

    /// Seals some values anew; answers the last row looked at, none where no more follow.
    async fn batch(&mut self, column: &Column, after: Option<Uuid>) -> Result<Option<Uuid>> {
        let mut tx = self.db.tenant(self.tenant, "reseal_secrets").await?;
        let older = column.lock_before(&mut tx, self.target, after, BATCH).await?;
        let (last, mut done) = (older.last().map(|(row, _)| *row), self.done);
        for (row, sealed) in older {
            let purpose = column.purpose.as_str();
            match self.vault.open(&mut tx, self.cx, purpose, row, &sealed).await {
                Ok(secret) => {
                    let fresh = self.vault.seal_in(&mut tx, purpose, row, &secret).await?;
                    column.update(&mut tx, row, &sealed, &fresh).await?;
                    done.secrets += 1;
                }
                // Gone since the keys were shredded: there is nothing to save.
                Err(Error::Shredded) => {}
                Err(refused @ (Error::Refused | Error::Format)) => {
                    tracing::error!(purpose, row = %row, %refused, "a secret cannot be sealed anew");
                    done.refused += 1;
                }
                Err(other) => return Err(other),
            }
        }
        tx.commit().await?;
        self.done = done;
        Ok(last)
    }

    /// Destroys the older keys once nothing needs them; false while something may.
    async fn retire(&mut self) -> Result<bool> {
        let Some(clear) = self.clear_since().await? else { return Ok(false) };
        if self.is_anyone_older(clear).await? {
            return Ok(false);
        }
        let mut tx = self.db.tenant(self.tenant, "retire_data_keys").await?;
        // Whoever sealed with an older key has ended now, and what was sealed can be seen.
        store::lock_before(&mut tx, self.target).await?;
        if count(&self.columns, &mut tx, self.target).await? > 0 {
            return Ok(false);
        }
        let retired = store::shred(&mut tx, Some(self.target)).await?;
        tx.commit().await?;
        self.done.retired = retired;
        self.done.complete = true;
        Ok(true)
    }

    /// The database's time at which no older value was left; none while one is.
    async fn clear_since(&self) -> Result<Option<Timestamp>> {
        let mut tx = self.db.tenant(self.tenant, "count_older_secrets").await?;
        let left = count(&self.columns, &mut tx, self.target).await?;
        let now = sqlx::query_scalar("select clock_timestamp()").fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok((left == 0).then_some(now))
    }

    /// Whether a transaction of this service that began before `instant` is still open.
    async fn is_anyone_older(&self, instant: Timestamp) -> Result<bool> {
        let mut tx = self.db.tenant(self.tenant, "list_open_transactions").await?;
        let older = sqlx::query_scalar(
            "select exists (select from pg_stat_activity
             where datname = current_database() and usename = current_user
               and xact_start < $1 and pid <> pg_backend_pid())",
        )
        .bind(instant)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(older)
    }
}

/// Somebody still holds an older key: that is no failure, only not done yet.
fn is_done(retired: Result<bool>) -> Result<bool> {
    match retired {
        Err(Error::Database(pg::Error::Collision(_))) => Ok(false),
        other => other,
    }
}

/// Values in all columns that an older data key than `target` sealed.
async fn count(columns: &[Column], tx: &mut TenantTx, target: i32) -> Result<u64> {
    let mut count = 0;
    for column in columns {
        count += column.count_before(tx, target).await?;
    }
    Ok(count)
}
