//! The system account that private servers run as, and the command line that puts them there.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, User, geteuid};

/// Gives every signal its default meaning back: what a shell starts with `&` ignores SIGQUIT and
/// SIGINT, and its children inherit that, so a server would be deaf to its death signal until it has
/// handlers of its own.
const HEAR_SIGNALS: [&str; 2] = ["env", "--default-signal"];

/// Started by `setpriv`, after the death signal is set and can be heard: a parent that died before
/// that moment was never noticed, so the shell looks once more and gives up instead of leaving an
/// orphan.
const GUARD: &str = r#"[ "$PPID" = "$0" ] || exit 1; exec "$@""#;

/// Who the servers run as. PostgreSQL refuses root, so root steps down; anybody else stays who they
/// are.
#[derive(Clone, Debug)]
pub(super) struct Account {
    uid: Uid,
    gid: Gid,
    steps_down: bool,
}

impl Account {
    /// The account for a folder that `owner` owns, or for one that does not exist yet.
    ///
    /// Root runs the servers of an existing folder as the folder's owner, of a new one as
    /// `postgres`, else as `nobody`.
    pub(super) fn choose(owner: Option<Uid>) -> anyhow::Result<Self> {
        let me = geteuid();
        if !me.is_root() {
            return Ok(Self { uid: me, gid: Gid::effective(), steps_down: false });
        }
        if let Some(uid) = owner.filter(|uid| !uid.is_root()) {
            let gid = User::from_uid(uid)?.map_or(Gid::from_raw(uid.as_raw()), |user| user.gid);
            return Ok(Self { uid, gid, steps_down: true });
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self { uid: user.uid, gid: user.gid, steps_down: true });
            }
        }
        bail!(
            "PostgreSQL refuses to run as root, and there is neither a user `postgres` \
             nor `nobody`: run `make deps`"
        )
    }

    pub(super) fn uid(&self) -> Uid {
        self.uid
    }

    /// Hands `path` to the account; nothing to do unless root steps down.
    pub(super) fn own(&self, path: &Path) -> anyhow::Result<()> {
        if self.steps_down {
            chown(path, Some(self.uid.as_raw()), Some(self.gid.as_raw()))
                .with_context(|| format!("cannot hand {} to uid {}", path.display(), self.uid))?;
        }
        Ok(())
    }

    /// Whether the account can enter `folder`: asked of the kernel, so that access lists and odd
    /// mounts count.
    pub(super) fn enters(&self, folder: &Path) -> anyhow::Result<bool> {
        if !self.steps_down {
            return Ok(true);
        }
        let mut probe = self.setpriv(Signal::SIGKILL);
        probe.args(["sh", "-c", r#"cd "$0""#]).arg(folder);
        probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(probe.status().context("cannot run setpriv: run `make deps`")?.success())
    }

    /// A command that runs `program` as this account, with a clean environment (no secrets of ours,
    /// no `PG*` settings), in `home`, and gets `death` when the thread that spawned it dies.
    pub(super) fn command(&self, program: &Path, home: &Path, death: Signal) -> Command {
        let mut command = self.setpriv(death);
        command.args(HEAR_SIGNALS);
        command.args(["sh", "-c", GUARD, &std::process::id().to_string()]).arg(program);
        command.current_dir(home).env("HOME", home);
        command
    }

    fn setpriv(&self, death: Signal) -> Command {
        let mut command = Command::new("setpriv");
        if self.steps_down {
            command.arg(format!("--reuid={}", self.uid)).arg(format!("--regid={}", self.gid));
            command.arg("--clear-groups");
        }
        command.arg("--pdeathsig").arg(death.as_str()).arg("--");
        command.env_clear().env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }
}
