//! Where passwords are hashed: argon2id on blocking threads, as many at once as there are cores. Whoever finds no place
//! is told so at once.

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
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};

use crate::{Error, Result, domain::Password};

/// Memory of one hash, KiB (OWASP password storage: argon2id with 19 MiB, 2 passes, 1 lane).
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Places for each core: at some 35 ms a hash, whoever has one waits half a second or so.
const PLACES: usize = 16;

/// What an unknown person's password is checked against, so that the answer takes as long as for a known one. Salt and
/// output are random bytes: no password leads to it.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$jHVl/OCHvQkS5PGzCL2+xw$tc999vdfAe/uxfT+yFLKuwkGHJc2TiqLjG/sAYDbkXg";

/// Hashes and checks passwords. Cheap to clone; every clone shares the places.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    /// Bounds who waits or works.
    places: Arc<Semaphore>,
    /// Bounds who works.
    cores: Arc<Semaphore>,
    checks: AtomicU64,
}

/// A place at the hasher: one piece of work will be done.
pub(crate) struct Place {
    inner: Arc<Inner>,
    place: OwnedSemaphorePermit,
}

/// What a check found.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Whether it is the password.
    pub(crate) fits: bool,
    /// The hash to keep instead of one that was made at lower costs.
    pub(crate) renewed: Option<SecretString>,
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
            places: Arc::new(Semaphore::new(places)),
            cores: Arc::new(Semaphore::new(cores)),
            checks: AtomicU64::new(0),
        }))
    }

    /// How many checks ran to their end, those against nobody's password included.
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.0.checks.load(Ordering::Relaxed)
    }

    /// Takes a place. Taken before anything else is done for a request, so that a crowd costs nothing but this.
    ///
    /// # Errors
    /// [`Error::Busy`] when none is free.
    pub(crate) fn place(&self) -> Result<Place> {
        let place = self.0.places.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        Ok(Place { inner: self.0.clone(), place })
    }
}

impl Place {
    /// Makes the hash to keep, in PHC string format.
    pub(crate) async fn hash(self, password: Password) -> Result<SecretString> {
        self.work("hash", move |_| hash(&password)).await
    }

    /// Whether this is the password behind `hash`. Without a hash the same work is done for the answer no.
    pub(crate) async fn check(
        self,
        password: Password,
        known: Option<SecretString>,
    ) -> Result<Checked> {
        self.work("check", move |checks| {
            let text = known.as_ref().map_or(DUMMY, |hash| hash.expose_secret());
            let parsed = PasswordHash::new(text).map_err(malformed)?;
            let verified = argon2()?.verify_password(password.expose().as_bytes(), &parsed);
            checks.fetch_add(1, Ordering::Relaxed);
            let fits = match verified {
                Ok(()) => known.is_some(),
                Err(password_hash::Error::PasswordInvalid) => false,
                Err(problem) => return Err(failed(problem)),
            };
            let renewed = (fits && is_cheap(&parsed)).then(|| hash(&password)).transpose()?;
            Ok(Checked { fits, renewed })
        })
        .await
    }

    /// Does the work in its turn. The place is held by the work itself: a caller that goes away does not make room for
    /// another while its hash is still computed.
    async fn work<T: Send + 'static>(
        self,
        kind: &'static str,
        work: impl FnOnce(&AtomicU64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let began = Instant::now();
        let Self { inner, place } = self;
        let core = inner.cores.clone().acquire_owned().await.map_err(|_| Error::Busy)?;
        let done = spawn_blocking(move || {
            let done = work(&inner.checks);
            drop((place, core));
            done
        })
        .await;
        metrics::histogram!("usher_auth_hash_duration_seconds", "kind" => kind)
            .record(began.elapsed().as_secs_f64());
        done.unwrap_or_else(|problem| Err(Error::Hashing(problem.to_string())))
    }
}

fn hash(password: &Password) -> Result<SecretString> {
    let made: PasswordHash =
        argon2()?.hash_password(password.expose().as_bytes()).map_err(failed)?;
    Ok(made.to_string().into())
}

/// Whether a hash was made at lower costs than ours.
fn is_cheap(hash: &PasswordHash) -> bool {
    Params::try_from(hash).is_ok_and(|made| made.m_cost() < MEMORY || made.t_cost() < PASSES)
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("free_places", &self.0.places.available_permits())
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

fn malformed(problem: impl fmt::Display) -> Error {
    Error::Hashing(problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::presented(text).expect("short enough")
    }

    async fn check(hasher: &Hasher, text: &str, hash: Option<SecretString>) -> Result<bool> {
        Ok(hasher.place()?.check(password(text), hash).await?.fits)
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_alone_and_names_its_costs() {
        let hasher = Hasher::new();
        let place = hasher.place().expect("a place");
        let hash = place.hash(password("correct horse battery")).await.expect("hashes");
        assert!(hash.expose_secret().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let right = check(&hasher, "correct horse battery", Some(hash.clone())).await;
        assert!(right.expect("checks"));
        let wrong = check(&hasher, "correct horse batterz", Some(hash)).await;
        assert!(!wrong.expect("checks"));
    }

    #[tokio::test]
    async fn a_hash_made_at_lower_costs_is_made_anew_for_the_right_password_alone() {
        let params = Params::new(1_024, 1, 1, None).expect("parameters");
        let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let cheap: PasswordHash = cheap.hash_password(b"correct horse battery").expect("hashes");
        let cheap: SecretString = cheap.to_string().into();
        let hasher = Hasher::new();
        let ask = async |text: &str, hash: SecretString| {
            let place = hasher.place().expect("a place");
            place.check(password(text), Some(hash)).await.expect("checks")
        };
        let renewed = ask("correct horse battery", cheap.clone()).await.renewed.expect("is cheap");
        let again = ask("correct horse battery", renewed).await;
        assert!(again.fits && again.renewed.is_none());
        assert!(ask("correct horse batterz", cheap).await.renewed.is_none());
    }

    #[tokio::test]
    async fn nobodys_password_is_checked_at_the_same_costs_as_any() {
        let hasher = Hasher::new();
        let place = hasher.place().expect("a place");
        let real = place.hash(password("correct horse battery")).await.expect("hashes");
        let costs = |text: &str| text.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(costs(DUMMY), costs(real.expose_secret()));
        assert!(!check(&hasher, "any password at all", None).await.expect("checks"));
        assert_eq!(hasher.checks(), 1);
    }

    #[tokio::test]
    async fn a_crowd_is_told_at_once_and_places_come_back() {
        let hasher = Hasher::bounded(1, 2);
        let held = hasher.0.cores.clone().acquire_owned().await.expect("a core");
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let place = hasher.place().expect("a place");
                tokio::spawn(place.check(password("any password at all"), None))
            })
            .collect();
        assert!(hasher.place().is_err_and(|problem| matches!(problem, Error::Busy)));
        drop(held);
        for each in waiting {
            assert!(!each.await.expect("ends").expect("checks").fits);
        }
        assert_eq!(hasher.0.places.available_permits(), 2);
    }
}
