//! The PostgreSQL and the NATS that tests run on: those that are named, else private ones of this test process.

use std::{env, fs, fs::File, fs::TryLockError, path::Path, path::PathBuf};

use anyhow::Context;
use sandbox::private::{self, Durability};
use tokio::sync::OnceCell;

use crate::{database, keeper, stream};

/// Where private servers of tests keep their data, one numbered folder for each process that runs at the same time.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/test-servers");

/// The addresses of a PostgreSQL and a NATS.
#[derive(Clone)]
pub struct Servers {
    /// The PostgreSQL's, of a superuser.
    pub database_url: String,
    /// The NATS's, which has JetStream.
    pub nats_url: String,
    /// What keeps the private ones alive.
    private: Option<&'static Private>,
}

struct Private {
    servers: private::Servers,
    _folder: File,
}

/// The servers of this process: DATABASE_URL and NATS_URL where they are set, else private ones, which end with it.
///
/// Panics when they cannot be had, with the reason.
pub async fn servers() -> &'static Servers {
    static SERVERS: OnceCell<Servers> = OnceCell::const_new();
    let find = async || keeper::run(async { find().await.expect("servers to test against") }).await;
    SERVERS.get_or_init(find).await
}

impl Servers {
    /// Servers at these addresses, such as those that the test itself started.
    #[must_use]
    pub fn at(database_url: impl Into<String>, nats_url: impl Into<String>) -> Self {
        Self { database_url: database_url.into(), nats_url: nats_url.into(), private: None }
    }

    /// Whether the PostgreSQL is a private one of this process, for which nothing is ever forced to disk.
    pub(crate) fn forgets_quickly(&self) -> bool {
        self.private.is_some_and(|private| private.servers.postgres().is_some())
    }
}

async fn find() -> anyhow::Result<Servers> {
    // A variable that is set but empty counts as not set.
    let named = |key| env::var(key).ok().filter(|url| !url.is_empty());
    let (database_url, nats_url) = (named("DATABASE_URL"), named("NATS_URL"));
    let found = if let (Some(database_url), Some(nats_url)) = (&database_url, &nats_url) {
        Servers::at(database_url, nats_url)
    } else {
        let (path, lock) = free_folder()?;
        let start =
            private::Servers::find_or_start_with(database_url, nats_url, &path, Durability::Fast);
        let servers = start.await.context("private servers for the tests")?;
        let (database_url, nats_url) = (servers.database_url().into(), servers.nats_url().into());
        let private = Box::leak(Box::new(Private { servers, _folder: lock }));
        Servers { database_url, nats_url, private: Some(private) }
    };
    database::sweep(&found.database_url).await.context("sweeping databases of dead tests")?;
    stream::sweep(&found.nats_url).await.context("sweeping streams of dead tests")?;
    Ok(found)
}

/// The first folder that no living process uses, with the lock that says so.
fn free_folder() -> anyhow::Result<(PathBuf, File)> {
    for number in 0.. {
        let path = Path::new(FOLDER).join(number.to_string());
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let lock = File::create(path.join("tests.lock"))?;
        match lock.try_lock() {
            Ok(()) => return Ok((path.canonicalize()?, lock)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    unreachable!("numbers do not end")
}
