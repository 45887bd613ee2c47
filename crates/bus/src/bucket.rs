//! A few small values that all processes of a platform share: each is changed by whoever has read it last.
//!
//! A bucket is a stream made by hand in the form that key-value stores of JetStream have, since nats-server 2.9 makes none
//! for newer clients.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{
    kv::{Operation, Store, UpdateErrorKind},
    stream::{Config, DiscardPolicy, StorageType},
};
use bytes::Bytes;
use tokio::sync::RwLock;

use crate::{Error, Nats, Result};

/// How a bucket keeps its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// On disk, until they are changed.
    Lasting,
    /// In the server's memory, and for so long after their last change.
    Brief(Duration),
    /// On disk, and for so long after their last change.
    Enduring(Duration),
}

/// Most bytes of a bucket whose values do not last; beyond them new keys are refused.
const MOST_BRIEF: i64 = 64 * 1024 * 1024;

/// Values by key; cheap to clone. It is made where it is not there yet.
#[derive(Debug, Clone)]
pub struct Bucket {
    nats: Nats,
    name: String,
    keeping: Keeping,
    store: Arc<RwLock<Option<Store>>>,
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The value; `None` where there is none, or none any more.
    pub value: Option<Bytes>,
    /// What [`Bucket::swap`] must be told.
    pub revision: u64,
}

impl Nats {
    /// The bucket of this name, apart for each platform on a server. Nothing is asked of the server yet.
    #[must_use]
    pub fn bucket(&self, name: &str, keeping: Keeping) -> Bucket {
        let name = format!("{}_{name}", self.stream().name);
        Bucket { nats: self.clone(), name, keeping, store: Arc::default() }
    }
}

impl Bucket {
    /// What a key holds now.
    ///
    /// # Errors
    /// [`Error::Nats`] when the server is away.
    pub async fn read(&self, key: &str) -> Result<Held> {
        let found = self.store().await?.entry(key).await;
        let Some(entry) = self.noted(found).await? else {
            return Ok(Held { value: None, revision: 0 });
        };
        let value = (entry.operation == Operation::Put).then_some(entry.value);
        Ok(Held { value, revision: entry.revision })
    }

    /// Puts a value where the key is still as it was read; whether it was.
    ///
    /// # Errors
    /// [`Error::Nats`] when the server is away, or a bucket in memory is full.
    pub async fn swap(&self, key: &str, value: Bytes, revision: u64) -> Result<bool> {
        match self.store().await?.update(key, value, revision).await {
            Ok(_) => Ok(true),
            Err(refused) if refused.kind() == UpdateErrorKind::WrongLastRevision => Ok(false),
            Err(failed) => self.noted(Err(failed)).await,
        }
    }

    /// Puts a value, whatever was there.
    ///
    /// # Errors
    /// [`Error::Nats`] when the server is away.
    pub async fn put(&self, key: &str, value: Bytes) -> Result<()> {
        let put = self.store().await?.put(key, value).await;
        self.noted(put).await.map(drop)
    }

    /// Takes a value away.
    ///
    /// # Errors
    /// [`Error::Nats`] when the server is away.
    pub async fn remove(&self, key: &str) -> Result<()> {
        let removed = self.store().await?.delete(key).await;
        self.noted(removed).await
    }

    async fn store(&self) -> Result<Store> {
        if let Some(store) = &*self.store.read().await {
            return Ok(store.clone());
        }
        let js = self.nats.jetstream();
        js.get_or_create_stream(self.config()).await.map_err(Error::nats)?;
        let store = js.get_key_value(&self.name).await.map_err(Error::nats)?;
        *self.store.write().await = Some(store.clone());
        Ok(store)
    }

    /// After a failure the bucket is looked for anew: the server may have lost it.
    async fn noted<T, E: Into<async_nats::Error>>(
        &self,
        outcome: std::result::Result<T, E>,
    ) -> Result<T> {
        match outcome {
            Ok(done) => Ok(done),
            Err(failed) => {
                *self.store.write().await = None;
                Err(Error::nats(failed))
            }
        }
    }

    fn config(&self) -> Config {
        let (storage, max_age, max_bytes) = match self.keeping {
            Keeping::Lasting => (StorageType::File, Duration::ZERO, -1),
            Keeping::Brief(age) => (StorageType::Memory, age, MOST_BRIEF),
            Keeping::Enduring(age) => (StorageType::File, age, MOST_BRIEF),
        };
        Config {
            name: format!("KV_{}", self.name),
            subjects: vec![format!("$KV.{}.>", self.name)],
            storage,
            max_age,
            max_bytes,
            max_messages_per_subject: 1,
            discard: DiscardPolicy::New,
            allow_rollup: true,
            deny_delete: true,
            allow_direct: true,
            num_replicas: 1,
            ..Config::default()
        }
    }
}
