//! The two locks on a server's data folder: one says who runs it, the other how long its processes
//! live.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// A forked child holds our files for an instant before it becomes another program: an owner may
/// look alive that long.
const OWNER_PATIENCE: Duration = Duration::from_millis(500);
/// How long the processes of a killed parent may take to end.
const CHILDREN_PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// The right to run the server of a data folder.
///
/// Both locks belong to open files, not to processes. `owner` is ours alone and falls the moment we
/// die. `children` is handed to every process of the server as its standard input, so it falls when
/// the last of them has gone.
pub(super) struct Claim {
    _owner: File,
    children: File,
    children_path: PathBuf,
}

impl Claim {
    /// Takes both locks for the server `name` in `dir`.
    ///
    /// # Errors
    /// Another living process runs the server, or processes of an earlier one do not end.
    pub(super) async fn take(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let owner_path = dir.join(format!("{name}.owner.lock"));
        let Some(owner) = lock_within(&owner_path, OWNER_PATIENCE).await? else {
            bail!("{} is in use: another process runs its {name} server", dir.display());
        };
        let children_path = dir.join(format!("{name}.children.lock"));
        let children = lock_children(&children_path).await?;
        Ok(Self { _owner: owner, children, children_path })
    }

    /// The standard input for a process of the server.
    pub(super) fn stdin(&self) -> anyhow::Result<Stdio> {
        Ok(self.children.try_clone().context("cannot share the lock")?.into())
    }

    /// Waits until every process that got [`Claim::stdin`] has gone.
    pub(super) async fn settle(&mut self) -> anyhow::Result<()> {
        // The lock is shared by all copies of one open file: ours must go before the processes' can
        // be felt.
        self.children = File::open("/dev/null")?;
        self.children = lock_children(&self.children_path).await?;
        Ok(())
    }
}

async fn lock_children(path: &Path) -> anyhow::Result<File> {
    match lock_within(path, CHILDREN_PATIENCE).await? {
        Some(file) => Ok(file),
        None => bail!("processes of an earlier server still hold {}", path.display()),
    }
}

async fn lock_within(path: &Path, patience: Duration) -> anyhow::Result<Option<File>> {
    let say = || format!("cannot lock {}", path.display());
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(path).with_context(say)?;
    let deadline = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                tokio::time::sleep(POLL).await
            }
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error).with_context(say),
        }
    }
}
