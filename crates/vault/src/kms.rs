//! Who wraps data keys: the master key of this process, or a key management service that never lets its key out.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::{
    MasterKey,
    aead::{self, KeyBytes},
};

/// How long one question to a key management service may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why a key was not wrapped or unwrapped. Never holds any part of a key or of a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KmsError {
    /// No answer in time, or the service says that it cannot answer now: trying again helps.
    #[error("the key management service does not answer: {0}")]
    Away(String),
    /// The credential, or the key's policy, does not allow it.
    #[error("the key management service does not let us use the key")]
    Denied,
    /// The bytes were not wrapped by this key for this context.
    #[error("the wrapped key does not belong here or was changed")]
    Refused,
    /// The service answered something that is no answer to what was asked.
    #[error("the key management service's answer cannot be read")]
    Unreadable,
}

/// 256 bits that seal secrets; wiped when dropped, never printed.
#[derive(Clone)]
pub struct DataKey(pub(crate) KeyBytes);

impl DataKey {
    /// Takes the key over; `None` unless it has 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The raw key, for whoever wraps it.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(***)")
    }
}

/// Wraps data keys, and unwraps what it wrapped. `context` names the tenant and the generation of the key: what was
/// wrapped for one context must not unwrap for another.
#[async_trait]
pub trait Kms: fmt::Debug + Send + Sync + 'static {
    /// Names the key in the database and to people, without any part of it. Two keys never share an id.
    fn key_id(&self) -> String;

    /// Wraps a data key.
    ///
    /// # Errors
    /// [`KmsError`].
    async fn wrap(&self, context: &[u8], key: &DataKey) -> Result<Vec<u8>, KmsError>;

    /// Unwraps a data key.
    ///
    /// # Errors
    /// [`KmsError::Refused`] for another context or changed bytes; the others as they say.
    async fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<DataKey, KmsError>;
}

/// The key is in this process, whether it came from the environment or from a file.
#[async_trait]
impl Kms for MasterKey {
    fn key_id(&self) -> String {
        self.id()
    }

    async fn wrap(&self, context: &[u8], key: &DataKey) -> Result<Vec<u8>, KmsError> {
        let mut wrapped = Vec::new();
        aead::seal(&self.wrapping(), context, key.expose(), &mut wrapped)
            .map_err(|_| KmsError::Away("the crypto library failed".into()))?;
        Ok(wrapped)
    }

    async fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<DataKey, KmsError> {
        let plain =
            aead::open(&self.wrapping(), context, wrapped).map_err(|_| KmsError::Refused)?;
        DataKey::from_slice(&plain).ok_or(KmsError::Refused)
    }
}

/// The key that wraps, and the others that may have wrapped some data key; each asked with patience.
#[derive(Clone, Debug)]
pub(crate) struct Wrappers {
    current: Arc<dyn Kms>,
    others: Vec<Arc<dyn Kms>>,
}

impl Wrappers {
    pub(crate) fn new(current: Arc<dyn Kms>, others: Vec<Arc<dyn Kms>>) -> Self {
        Self { current, others }
    }

    /// These with another key in front.
    pub(crate) fn led_by(&self, kms: Arc<dyn Kms>) -> Self {
        let others = self.all().cloned().collect();
        Self { current: kms, others }
    }

    pub(crate) fn current_id(&self) -> String {
        self.current.key_id()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.all().map(|kms| kms.key_id()).collect()
    }

    pub(crate) async fn wrap(&self, context: &[u8], key: &DataKey) -> Result<Vec<u8>, KmsError> {
        in_time(self.current.wrap(context, key)).await
    }

    /// `None` where no key has this id.
    pub(crate) async fn unwrap(
        &self,
        id: &str,
        context: &[u8],
        wrapped: &[u8],
    ) -> Option<Result<DataKey, KmsError>> {
        let kms = self.all().find(|kms| kms.key_id() == id)?;
        Some(in_time(kms.unwrap(context, wrapped)).await)
    }

    fn all(&self) -> impl Iterator<Item = &Arc<dyn Kms>> {
        std::iter::once(&self.current).chain(&self.others)
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T, KmsError>>) -> Result<T, KmsError> {
    tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap_or_else(|_| Err(KmsError::Away(format!("no answer in {} s", PATIENCE.as_secs()))))
}
