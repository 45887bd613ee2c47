//! The PostgreSQL cluster on disk: made once, whole or not at all, and the settings it is served
//! with.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::seat::Seat;

/// What a private PostgreSQL promises when the machine loses power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Committed is on disk, as in production.
    #[default]
    Safe,
    /// Nothing is forced to disk; for tests. A killed server still loses nothing, a crashed machine
    /// may lose all.
    Fast,
}

/// The cluster's folder in the seat; it exists only when `initdb` has finished.
pub(super) fn folder(seat: &Seat) -> PathBuf {
    seat.place.path.join("data")
}

/// Makes the cluster unless it is there. A half-made one, left by a killed process, is made anew.
pub(super) async fn make_once(
    seat: &Seat,
    programs: &Path,
    durability: Durability,
) -> anyhow::Result<()> {
    let data = folder(seat);
    if data.exists() {
        return Ok(());
    }
    let draft = seat.place.path.join("data.new");
    if draft.exists() {
        fs::remove_dir_all(&draft).with_context(|| format!("cannot remove {}", draft.display()))?;
    }
    let mut args: Vec<OsString> = ["-D".into(), draft.clone().into_os_string()].into();
    args.extend(["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"].map(OsString::from));
    args.extend(
        ["--auth-local=trust", "--auth-host=reject", "--no-instructions"].map(OsString::from),
    );
    if durability == Durability::Fast {
        args.push("--no-sync".into());
    }
    seat.run(&programs.join("initdb"), &args).await.context("cannot make a PostgreSQL cluster")?;
    fs::rename(&draft, &data)?;
    File::open(&seat.place.path)?.sync_all()?;
    Ok(())
}

/// The server's arguments. Settings travel on the command line, so the cluster's own files stay as
/// `initdb` wrote them.
pub(super) fn arguments(
    data: &Path,
    socket_folder: &Path,
    durability: Durability,
) -> Vec<OsString> {
    let mut quoted = OsString::from("unix_socket_directories=\"");
    quoted.push(socket_folder);
    quoted.push("\"");
    let mut settings: Vec<OsString> = vec![quoted];
    settings.extend(SETTINGS.map(OsString::from));
    match durability {
        // Not `synchronous_commit=off`: it would lose acknowledged commits when the server is
        // killed, and without fsync it saves nothing.
        Durability::Fast => {
            settings.extend(["fsync=off", "full_page_writes=off"].map(OsString::from));
        }
        // A statement prepared over an empty table may keep a plan that walks all of a tenant's rows,
        // until the table is first analyzed; a minute is long for an import into a new platform.
        Durability::Safe => settings.push("autovacuum_naptime=1s".into()),
    }
    let mut args: Vec<OsString> = vec!["-D".into(), data.into()];
    args.extend(settings.into_iter().flat_map(|setting| ["-c".into(), setting]));
    args
}

const SETTINGS: [&str; 9] = [
    // No TCP: a socket in a private folder needs neither a port nor a password.
    "listen_addresses=",
    "port=5432",
    "max_connections=300",
    "shared_buffers=128MB",
    "max_wal_size=1GB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_checkpoints=off",
];
