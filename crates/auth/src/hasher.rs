//! Where passwords are hashed: argon2id on blocking threads, as many at once as there are cores, behind a short queue.

use std::{
    fmt,
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{self, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{Error, Result, domain::Password};

/// Memory of one hash, KiB (OWASP password storage: argon2id with 19 MiB, 2 passes, 1 lane).
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Places in the queue for each core: at some 35 ms a hash, the last in the queue waits two seconds or so.
const PLACES: usize = 64;

/// What an unknown person's password is checked against, so that the answer takes as long as for a known one. Salt and
/// output are random bytes: no password leads to it.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$jHVl/OCHvQkS5PGzCL2+xw$tc999vdfAe/uxfT+yFLKuwkGHJc2TiqLjG/sAYDbkXg";

/// Hashes and checks passwords. Cheap to clone; every clone shares one queue.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    /// Bounds who waits or works.
    queue: Arc<Semaphore>,
    /// Bounds who works.
    cores: Arc<Semaphore>,
    checks: AtomicU64,
}

impl Hasher {
    /// A hasher that uses all cores.
    #[must_use]
    pub fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self::bounded(cores, cores * PLACES)
    }

    /// A hasher that works on `cores` passwords at once while at most `places` wait or are worked on.
    #[must_use]
    pub fn bounded(cores: usize, places: usize) -> Self {
        Self(Arc::new(Inner {
            queue: Arc::new(Semaphore::new(places)),
            cores: Arc::new(Semaphore::new(cores)),
            checks: AtomicU64::new(0),
        }))
    }

    /// How many checks ran to their end, those against nobody's password included.
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.0.checks.load(Ordering::Relaxed)
    }

    /// Makes the hash to keep, in PHC string format.
    pub(crate) async fn hash(&self, password: Password) -> Result<SecretString> {
        self.work("hash", move || {
            let made: PasswordHash =
                argon2()?.hash_password(password.expose().as_bytes()).map_err(failed)?;
            Ok(made.to_string().into())
        })
        .await
    }

    /// Whether this is the password behind `hash`. Without a hash the same work is done for the answer no.
    pub(crate) async fn check(
        &self,
        password: Password,
        hash: Option<SecretString>,
    ) -> Result<bool> {
        let inner = self.0.clone();
        self.work("check", move || {
            let (known, text) = match &hash {
                Some(hash) => (true, hash.expose_secret()),
                None => (false, DUMMY),
            };
            let parsed =
                PasswordHash::new(text).map_err(|problem| Error::Hashing(problem.to_string()))?;
            let verified = argon2()?.verify_password(password.expose().as_bytes(), &parsed);
            inner.checks.fetch_add(1, Ordering::Relaxed);
            match verified {
                Ok(()) => Ok(known),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(problem) => Err(failed(problem)),
            }
        })
        .await
    }

    /// Runs one piece of work in its turn. The places are held by the work itself: a caller that goes away does not
    /// make room for another while its hash is still computed.
    async fn work<T: Send + 'static>(
        &self,
        kind: &'static str,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let began = Instant::now();
        let queue = self.0.queue.clone();
        let place = queue.try_acquire_owned().map_err(|_| Error::Busy)?;
        let cores = self.0.cores.clone();
        let core = cores.acquire_owned().await.map_err(|_| Error::Busy)?;
        let done = spawn_blocking(move || {
            let done = work();
            drop((place, core));
            done
        })
        .await;
        metrics::histogram!("usher_auth_hash_duration_seconds", "kind" => kind)
            .record(began.elapsed().as_secs_f64());
        done.unwrap_or_else(|problem| Err(Error::Hashing(problem.to_string())))
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("free_places", &self.0.queue.available_permits())
            .field("free_cores", &self.0.cores.available_permits())
            .finish_non_exhaustive()
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, LANES, None)
        .map_err(|problem| Error::Hashing(problem.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(problem: password_hash::Error) -> Error {
    Error::Hashing(problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::presented(text).expect("short enough")
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_alone_and_names_its_costs() {
        let hasher = Hasher::new();
        let hash = hasher.hash(password("correct horse battery")).await.expect("hashes");
        assert!(hash.expose_secret().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let right = hasher.check(password("correct horse battery"), Some(hash.clone())).await;
        assert!(right.expect("checks"));
        let wrong = hasher.check(password("correct horse batterz"), Some(hash)).await;
        assert!(!wrong.expect("checks"));
    }

    #[tokio::test]
    async fn nobodys_password_is_checked_at_the_same_costs_as_any() {
        let hasher = Hasher::new();
        let real = hasher.hash(password("correct horse battery")).await.expect("hashes");
        let costs = |text: &str| text.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(costs(DUMMY), costs(real.expose_secret()));
        assert!(!hasher.check(password("any password at all"), None).await.expect("checks"));
        assert_eq!(hasher.checks(), 1);
    }

    #[tokio::test]
    async fn a_full_queue_is_told_at_once_and_empties_again() {
        let hasher = Hasher::bounded(1, 2);
        let held = hasher.0.cores.clone().acquire_owned().await.expect("a core");
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(
                    async move { hasher.check(password("any password at all"), None).await },
                )
            })
            .collect();
        while hasher.0.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let third = hasher.check(password("any password at all"), None).await;
        assert!(matches!(third, Err(Error::Busy)));
        drop(held);
        for each in waiting {
            assert!(!each.await.expect("ends").expect("checks"));
        }
        assert_eq!(hasher.0.queue.available_permits(), 2);
    }
}
