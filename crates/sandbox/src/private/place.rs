//! Where a server's files lie: a folder of the server's account, reachable by that account.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use nix::unistd::Uid;
use uuid::Uuid;

use super::account::Account;

/// Where servers' files go when root's data folder lies below a folder that no other user may enter
/// (root's home).
const ELSEWHERE: &str = "/var/lib/usher";
/// What the kernel takes as a socket's path, without the closing zero.
const SOCKET_PATH_MAX: usize = 107;
const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// A private folder (mode 0700) and the account it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) account: Account,
}

impl Place {
    /// The folder `name` in `dir` (which exists and is absolute), made if it is missing.
    ///
    /// Where the account cannot reach `dir`, the folder is made elsewhere and `dir` gets a link to
    /// it.
    pub(super) fn open(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let path = dir.join(name);
        if path.is_symlink() && !path.exists() {
            fs::remove_file(&path)
                .with_context(|| format!("cannot remove the dead link {}", path.display()))?;
        }
        let owner = path.metadata().ok().map(|meta| Uid::from_raw(meta.uid()));
        let account = Account::choose(owner)?;
        let path = match owner {
            Some(_) => path.canonicalize()?,
            None => make(dir, name, &account)?,
        };
        account.own(&path)?;
        let meta = path.metadata()?;
        if meta.uid() != account.uid().as_raw() {
            bail!("{} belongs to uid {}: run as that user, or as root", path.display(), meta.uid());
        }
        if !account.enters(&path)? {
            bail!("uid {} cannot enter {}: move the data folder", account.uid(), path.display());
        }
        Ok(Self { path, account })
    }

    /// A folder for the unix socket: this one, or one with a short stable name when the path would
    /// be too long.
    pub(super) fn socket_folder(&self) -> anyhow::Result<PathBuf> {
        if self.path.as_os_str().len() + 1 + SOCKET_NAME.len() <= SOCKET_PATH_MAX {
            return Ok(self.path.clone());
        }
        let folder = Path::new("/tmp").join(format!("usher-{:016x}", hash(&self.path)));
        private_folder(&folder, &self.account)?;
        // The name can be guessed: take nothing that another user has laid there.
        let meta = folder.symlink_metadata()?;
        if !meta.is_dir() || meta.uid() != self.account.uid().as_raw() || meta.mode() & 0o077 != 0 {
            bail!(
                "{} is not a private folder of uid {}: remove it",
                folder.display(),
                self.account.uid()
            );
        }
        Ok(folder)
    }
}

/// Always the same number for the same path (FNV-1a): it names socket folders and picks ports.
pub(super) fn hash(path: &Path) -> u64 {
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    path.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step)
}

fn make(dir: &Path, name: &str, account: &Account) -> anyhow::Result<PathBuf> {
    if let_in(dir, account)? {
        let path = dir.join(name);
        private_folder(&path, account)?;
        return Ok(path);
    }
    let base = Path::new(ELSEWHERE);
    DirBuilder::new().recursive(true).mode(0o755).create(base)?;
    let path = base.join(format!("{name}-{}", Uuid::now_v7().simple()));
    private_folder(&path, account)?;
    symlink(&path, dir.join(name))?;
    tracing::info!(
        folder = %path.display(),
        "the data folder is closed to the account of the {name} server: its files lie elsewhere"
    );
    Ok(path)
}

/// Whether `account` can enter `dir`; where only `dir` itself is in the way, it is opened for
/// passing through.
fn let_in(dir: &Path, account: &Account) -> anyhow::Result<bool> {
    if account.enters(dir)? {
        return Ok(true);
    }
    let Some(parent) = dir.parent() else {
        return Ok(false);
    };
    if dir.metadata()?.uid() != 0 || !account.enters(parent)? || is_home(dir)? {
        return Ok(false);
    }
    let mode = dir.metadata()?.mode();
    fs::set_permissions(dir, Permissions::from_mode(mode | 0o011))?;
    account.enters(dir)
}

/// Root's home stays closed, whatever else happens.
fn is_home(dir: &Path) -> anyhow::Result<bool> {
    let root = nix::unistd::User::from_uid(Uid::from_raw(0))?;
    Ok(root.is_some_and(|root| root.dir == dir))
}

fn private_folder(path: &Path, account: &Account) -> anyhow::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => account.own(path),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot make {}", path.display())),
    }
}
