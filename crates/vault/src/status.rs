//! How the keys of one service stand, and whether this process holds the master keys that they need.

use pg::Db;

use crate::{Error, Result, Vault, store};

/// The data keys of one service's database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Tenants with a live data key.
    pub tenants: u64,
    /// Live data keys.
    pub data_keys: u64,
    /// Those of them that wait to be wrapped anew under the current master key.
    pub stale: u64,
    /// Tenants with more than one live data key: a rotation has begun and not ended.
    pub rotating: u64,
    /// Data keys destroyed.
    pub shredded: u64,
    /// The master keys that wrap live data keys.
    pub masters: Vec<Master>,
}

/// A master key, as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Master {
    /// Its fingerprint, or the name of a key management service's key.
    pub id: String,
    /// Live data keys that it wraps.
    pub data_keys: u64,
    /// Whether this process holds it.
    pub held: bool,
}

impl Vault {
    /// Counts the keys of this service.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn status(&self, db: &Db) -> Result<Status> {
        let mut tx = db.platform("count_data_keys", "how the keys stand").await?;
        let (tenants, rotating, shredded): (i64, i64, i64) = sqlx::query_as(
            "select count(*) filter (where live > 0), count(*) filter (where live > 1),
                    coalesce(sum(dead), 0)::bigint
             from (select count(*) filter (where shredded_at is null) as live,
                          count(*) filter (where shredded_at is not null) as dead
                   from data_keys group by tenant_id) as of_tenants",
        )
        .fetch_one(&mut *tx)
        .await?;
        let masters: Vec<(String, i64)> = sqlx::query_as(
            "select master_id, count(*) from data_keys where shredded_at is null
             group by master_id order by master_id",
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let (held, current) = (self.wrappers().ids(), self.wrappers().current_id());
        let masters = masters.into_iter().map(|(id, data_keys)| Master {
            held: held.contains(&id),
            data_keys: unsigned(data_keys),
            id,
        });
        let masters: Vec<_> = masters.collect();
        let of = |keep: &dyn Fn(&Master) -> bool| {
            masters.iter().filter(|master| keep(master)).map(|master| master.data_keys).sum()
        };
        Ok(Status {
            tenants: unsigned(tenants),
            data_keys: of(&|_| true),
            stale: of(&|master| master.id != current),
            rotating: unsigned(rotating),
            shredded: unsigned(shredded),
            masters,
        })
    }

    /// Whether this vault can open what this service's database holds: every master key that wraps a live data key
    /// is held, and unwraps one of them. For the start of a process.
    ///
    /// # Errors
    /// [`Error::MissingMaster`] naming the master keys that are not held, [`Error::DataKey`], [`Error::Kms`],
    /// [`Error::Database`].
    pub async fn fits(&self, db: &Db) -> Result<()> {
        let mut tx = db.platform("sample_data_keys", "does the master key fit").await?;
        let samples = store::sample_of_each_master(&mut tx).await?;
        tx.commit().await?;
        let held = self.wrappers().ids();
        let missing = samples.iter().map(|sample| sample.master_id.as_str());
        let missing: Vec<_> = missing.filter(|id| !held.iter().any(|held| held == id)).collect();
        if !missing.is_empty() {
            return Err(Error::MissingMaster(missing.join(", ")));
        }
        for sample in &samples {
            self.unwrap(sample).await?;
        }
        Ok(())
    }
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
