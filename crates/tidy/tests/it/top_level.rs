//! The root of the repository holds what its layout names, and nothing else.

use std::fs;

use anyhow::Result;
use tidy::{Finding, Rule, workspace};

const RULE: Rule = Rule {
    name: "the root of the repository is the layout of the house",
    remedy: "put it where it belongs (crates/, proto/, deploy/, migrations/), or add it to .gitignore",
    excuses: &[],
};

const LAYOUT: [&str; 22] = [
    ".ci",
    ".dockerignore",
    ".git",
    ".gitignore",
    ".sqlx",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "clippy.toml",
    "crates",
    "deny.toml",
    "deploy",
    "docker-compose.yml",
    "migrations",
    "proto",
    "rustfmt.toml",
    "typos.toml",
];

/// Whether `.gitignore` names it: a plain name, `/name` or `*.ending`.
fn is_ignored(ignore: &str, name: &str) -> bool {
    ignore.lines().any(|line| match line.strip_prefix('*') {
        Some(ending) => name.ends_with(ending),
        None => line.trim_matches('/') == name,
    })
}

fn findings(names: &[String], ignore: &str) -> Vec<Finding> {
    let known = |name: &&String| LAYOUT.contains(&name.as_str()) || is_ignored(ignore, name);
    let stray = names.iter().filter(|name| !known(name));
    stray.map(|name| Finding::new(name, 0, "is not in the layout")).collect()
}

#[test]
fn the_root_is_the_layout() -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace::root())? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    RULE.hold(&findings(&names, &workspace::read(".gitignore")?))
}

#[test]
fn a_stray_file_is_found() {
    let names = ["Cargo.toml", "notes.txt", "target", "a.profraw", "scripts"].map(String::from);
    let found = findings(&names, "/target\n*.profraw\n");
    let places: Vec<_> = found.iter().map(|one| one.place.as_str()).collect();
    assert_eq!(places, ["notes.txt", "scripts"]);
}
