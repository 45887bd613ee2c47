//! Where the server programs are: the caller's word, then the path, then where Debian puts them,
//! then the data folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The folder with `postgres` and `initdb`.
///
/// `cluster` is the data folder they will serve: one that exists is only served by its own major
/// version. `dir` is the data folder of `usher dev`, whose `runtime/` may hold programs of its own.
///
/// # Errors
/// There are no programs, or none of the version that `cluster` needs.
pub(super) fn postgres(dir: &Path, cluster: &Path) -> anyhow::Result<PathBuf> {
    let wanted = fs::read_to_string(cluster.join("PG_VERSION")).ok();
    let found = postgres_folders(dir);
    let Some(wanted) = wanted.as_deref().map(str::trim) else {
        return found
            .into_iter()
            .next()
            .context("there is no PostgreSQL on this machine: run `make deps`");
    };
    for folder in &found {
        if major_version(folder)? == wanted {
            return Ok(folder.clone());
        }
    }
    bail!(
        "{} was made by PostgreSQL {wanted}, which is not installed any more: \
         install it, or remove that folder",
        cluster.display()
    )
}

/// The `nats-server` program.
///
/// # Errors
/// There is none.
pub(super) fn nats(dir: &Path) -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("NATS_BIN").map(PathBuf::from);
    let usual = [PathBuf::from("/usr/sbin/nats-server"), dir.join("runtime/nats-server")];
    named
        .into_iter()
        .map(|path| if path.is_dir() { path.join("nats-server") } else { path })
        .chain(on_path("nats-server"))
        .chain(usual)
        .find_map(|path| path.canonicalize().ok())
        .context("there is no nats-server on this machine: run `make deps`")
}

fn postgres_folders(dir: &Path) -> Vec<PathBuf> {
    let named = std::env::var_os("POSTGRES_BIN").map(PathBuf::from);
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    debian.sort_by_key(|path| {
        path.file_name().and_then(OsStr::to_str).and_then(|name| name.parse::<u32>().ok())
    });
    named
        .into_iter()
        .map(|path| if path.is_dir() { path.join("postgres") } else { path })
        .chain(on_path("postgres"))
        .chain(debian.into_iter().rev().map(|version| version.join("bin/postgres")))
        .chain([dir.join("runtime/postgresql/bin/postgres")])
        // A link (as in /usr/local/bin) is followed: initdb looks for its companions beside itself.
        .filter_map(|path| Some(path.canonicalize().ok()?.parent()?.to_path_buf()))
        .filter(|folder| folder.join("initdb").is_file())
        .collect()
}

fn on_path(program: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .filter(|file| file.is_file())
        .collect()
}

/// `postgres --version` answers `postgres (PostgreSQL) 15.12 (Debian ...)`.
fn major_version(folder: &Path) -> anyhow::Result<String> {
    let program = folder.join("postgres");
    let output = std::process::Command::new(&program).arg("--version").output();
    let output = output.with_context(|| format!("cannot run {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.split_whitespace().nth(2).unwrap_or_default();
    Ok(version.chars().take_while(char::is_ascii_digit).collect())
}
