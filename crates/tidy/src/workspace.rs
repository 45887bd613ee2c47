//! What stands in the repository: sources, manifests, migrations.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use anyhow::{Context, Result, anyhow};
use walkdir::WalkDir;

use crate::{Manifest, Source};

/// The services: one shape, one schema each.
pub const SERVICES: [&str; 7] =
    ["tenant", "auth", "user", "provisioning", "notifier", "events", "activity"];

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file by its path from the root.
///
/// # Errors
/// Where it cannot be read.
pub fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| path.to_owned())
}

/// The files under a folder that end so, with their text, in the order of their paths.
///
/// # Errors
/// Where one cannot be read.
pub fn files(folder: &str, ending: &str) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(root().join(folder)).sort_by_file_name() {
        let entry = entry?;
        let path = entry.path().strip_prefix(root())?.to_string_lossy().replace('\\', "/");
        if entry.file_type().is_file() && path.ends_with(ending) {
            found.push((path.clone(), read(&path)?));
        }
    }
    Ok(found)
}

/// Every Rust file of every crate, read once for all rules.
///
/// # Errors
/// Where one cannot be read.
pub fn sources() -> Result<&'static [Source]> {
    static SOURCES: LazyLock<Result<Vec<Source>>> = LazyLock::new(|| {
        let files = files("crates", ".rs")?;
        files.iter().map(|(path, text)| Source::parse(path, text)).collect()
    });
    SOURCES.as_deref().map_err(|problem| anyhow!("{problem:#}"))
}

/// The manifest of every crate; what a crate keeps further down is a workspace of its own.
///
/// # Errors
/// Where one cannot be read.
pub fn manifests() -> Result<Vec<Manifest>> {
    let mut manifests = files("crates", "/Cargo.toml")?;
    manifests.retain(|(path, _)| path.split('/').count() == 3);
    manifests.iter().map(|(path, text)| Manifest::parse(path, text)).collect()
}
