//! Seals and opens a tenant's secrets; each call works inside the caller's tenant-bound transaction.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use kernel::{Cx, TenantId};
use pg::{Db, TenantTx};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    DataKey, Error, Keyring, Kms, KmsError, Result, Sealed, SubKey, aead,
    cache::Cache,
    columns, journal,
    kms::Wrappers,
    sealed::Place,
    store::{self, DataKeyRow},
};

/// Envelope encryption: each tenant has data keys of its own, wrapped by a master key; cheap to clone. One vault
/// serves one service's database.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    /// Tokens and codes derive from these.
    keyring: Keyring,
    wrappers: Wrappers,
    /// The wrapping key is elsewhere: a question to it is a network call.
    is_remote: bool,
    cache: Cache,
    /// Purposes known to be registered.
    registered: Mutex<HashSet<&'static str>>,
}

impl Vault {
    /// A vault that wraps with the keyring's current key and unwraps with any of its keys.
    #[must_use]
    pub fn new(keyring: Keyring) -> Self {
        let others = keyring.older.iter().map(|key| Arc::new(key.clone()) as Arc<dyn Kms>);
        let wrappers = Wrappers::new(Arc::new(keyring.current.clone()), others.collect());
        Self::of(keyring, wrappers, false)
    }

    /// The same vault with a key management service in front: it wraps from now on, and the keys of before unwrap
    /// what they wrapped. Tokens and codes still derive from the keyring.
    #[must_use]
    pub fn with_kms(self, kms: Arc<dyn Kms>) -> Self {
        Self::of(self.0.keyring.clone(), self.0.wrappers.led_by(kms), true)
    }

    fn of(keyring: Keyring, wrappers: Wrappers, is_remote: bool) -> Self {
        let (cache, registered) = (Cache::default(), Mutex::default());
        Self(Arc::new(Inner { keyring, wrappers, is_remote, cache, registered }))
    }

    /// Makes sure, before a transaction, that sealing in it asks no key management service: the tenant has a data
    /// key, and this process has unwrapped it. Does nothing where the master key is in this process.
    ///
    /// # Errors
    /// [`Error::Kms`], [`Error::Database`], or one of the key's.
    pub async fn prepare(&self, db: &Db, tenant: TenantId) -> Result<()> {
        if !self.0.is_remote {
            return Ok(());
        }
        loop {
            let mut tx = db.tenant(tenant, "prepare_data_key").await?;
            let (highest, held) = store::hold_newest(&mut tx).await?;
            tx.commit().await?;
            if let Some(held) = held {
                return self.unwrapped(&held).await.map(drop);
            }
            let fresh = self.draw(tenant, highest + 1).await?;
            let mut tx = db.tenant(tenant, "prepare_data_key").await?;
            store::insert(&mut tx, &fresh).await?;
            tx.commit().await?;
        }
    }

    /// Seals a secret for one place: this transaction's tenant, `purpose` (for instance `integration.token`) and the
    /// id of the row that will hold it. The tenant's first secret makes its data key.
    ///
    /// # Errors
    /// [`Error::Unregistered`] unless a migration registered the purpose's column in `sealed_columns`;
    /// [`Error::Database`], or one of the key's.
    pub async fn seal(
        &self,
        tx: &mut TenantTx,
        purpose: &'static str,
        row: Uuid,
        secret: &SecretString,
    ) -> Result<Sealed> {
        self.check_registered(tx, purpose).await?;
        self.seal_in(tx, purpose, row, secret).await
    }

    /// Opens a secret in the place it was sealed for, and journals that `cx` read it, in this transaction, which is
    /// also the one that read the sealed bytes: a refused opening is journaled too if the caller commits.
    ///
    /// # Errors
    /// [`Error::Refused`] for another place or changed bytes, [`Error::Shredded`] when it is gone for good,
    /// [`Error::Database`], or one of the key's.
    pub async fn open(
        &self,
        tx: &mut TenantTx,
        cx: &Cx,
        purpose: &str,
        row: Uuid,
        sealed: &Sealed,
    ) -> Result<SecretString> {
        let held = journal::record(tx, cx, purpose, row, sealed.generation()?).await?;
        let Some(held) = held else {
            self.0.cache.forget(store::tenant(tx).await?);
            return Err(Error::Shredded);
        };
        sealed.open(&self.unwrapped(&held).await?, Place { tenant: held.tenant, purpose, row })
    }

    /// Destroys the tenant's data keys, and with them every secret they sealed; answers how many there were.
    ///
    /// From the commit on, nothing opens in any process: each opening asks the database for its key. The plain key
    /// leaves this process's memory now, that of another one when it next meets this tenant's secrets, and at the
    /// latest at the first use of its vault after ten minutes. Copies in backups and in dead rows not yet vacuumed
    /// stay wrapped.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn shred(&self, tx: &mut TenantTx) -> Result<u64> {
        self.0.cache.forget(store::tenant(tx).await?);
        store::shred(tx, None).await
    }

    /// The key of one purpose under the current master key, for instance `invite.token`.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> SubKey {
        self.0.keyring.current.sub_key(purpose)
    }

    /// The keys of one purpose under every master key, the current one first: what was derived before a rotation is
    /// found among them.
    pub fn derive_each(&self, purpose: &str) -> impl Iterator<Item = SubKey> {
        self.0.keyring.keys().map(move |master| master.sub_key(purpose))
    }

    pub(crate) fn wrappers(&self) -> &Wrappers {
        &self.0.wrappers
    }

    /// Seals under the tenant's newest data key, which stays alive until the transaction ends.
    pub(crate) async fn seal_in(
        &self,
        tx: &mut TenantTx,
        purpose: &str,
        row: Uuid,
        secret: &SecretString,
    ) -> Result<Sealed> {
        let held = loop {
            match store::hold_newest(tx).await? {
                (_, Some(held)) => break held,
                // Another transaction may make it first: then ours is thrown away and theirs is read.
                (highest, None) => {
                    let fresh = self.draw(store::tenant(tx).await?, highest + 1).await?;
                    store::insert(tx, &fresh).await?;
                }
            }
        };
        let place = Place { tenant: held.tenant, purpose, row };
        Sealed::seal(&self.unwrapped(&held).await?, held.generation, place, secret)
    }

    /// A fresh data key, wrapped and not yet stored.
    pub(crate) async fn draw(&self, tenant: TenantId, generation: i32) -> Result<DataKeyRow> {
        let key = DataKey(aead::random_key().map_err(|_| Error::Crypto)?);
        let row = self.wrap(tenant, generation, &key).await?;
        self.0.cache.put(&row, &key, Instant::now());
        Ok(row)
    }

    pub(crate) async fn wrap(
        &self,
        tenant: TenantId,
        generation: i32,
        key: &DataKey,
    ) -> Result<DataKeyRow> {
        let wrappers = &self.0.wrappers;
        let wrapped = wrappers.wrap(&wrapping_context(tenant, generation), key).await?;
        Ok(DataKeyRow { tenant, generation, wrapped, master_id: wrappers.current_id() })
    }

    pub(crate) async fn unwrap(&self, held: &DataKeyRow) -> Result<DataKey> {
        let context = wrapping_context(held.tenant, held.generation);
        match self.0.wrappers.unwrap(&held.master_id, &context, &held.wrapped).await {
            None => Err(Error::MissingMaster(held.master_id.clone())),
            Some(Err(KmsError::Refused)) => Err(Error::DataKey(held.generation)),
            Some(unwrapped) => Ok(unwrapped?),
        }
    }

    async fn unwrapped(&self, held: &DataKeyRow) -> Result<DataKey> {
        if let Some(key) = self.0.cache.get(held, Instant::now()) {
            return Ok(key);
        }
        let key = self.unwrap(held).await?;
        self.0.cache.put(held, &key, Instant::now());
        Ok(key)
    }

    async fn check_registered(&self, tx: &mut TenantTx, purpose: &'static str) -> Result<()> {
        let known = || self.0.registered.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(purpose) {
            return Ok(());
        }
        if !columns::is_registered(tx, purpose).await? {
            return Err(Error::Unregistered(purpose.to_owned()));
        }
        known().insert(purpose);
        Ok(())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Vault").field(&self.0.keyring).field(&self.0.wrappers.ids()).finish()
    }
}

/// A wrapped key opens only as this tenant's key of this generation.
fn wrapping_context(tenant: TenantId, generation: i32) -> Vec<u8> {
    [b"usher data key" as &[u8], &generation.to_be_bytes(), tenant.uuid().as_bytes()].concat()
}
