//! One `Cargo.toml`: whom a crate depends on, and where that is written.

use anyhow::{Context, Result};
use toml::{Table, Value};

/// When a dependency is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By the crate itself.
    Normal,
    /// By its tests and examples.
    Dev,
    /// By its build script.
    Build,
}

/// One dependency as declared.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The name.
    pub name: String,
    /// When it is needed.
    pub kind: Kind,
    /// Whether version and source come from the workspace.
    pub is_inherited: bool,
    /// Its line.
    pub line: usize,
}

/// The manifest of one crate.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// From the root of the repository.
    pub path: String,
    /// The name of the crate.
    pub name: String,
    /// Every dependency, for every target.
    pub dependencies: Vec<Dependency>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// Where it is not TOML or has no package.
    pub fn parse(path: &str, text: &str) -> Result<Self> {
        let table: Table = text.parse().with_context(|| path.to_owned())?;
        let name =
            table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
        let name = name.with_context(|| format!("{path}: no package"))?.to_owned();
        let mut dependencies = of_table(&table, text);
        let targets = table.get("target").and_then(Value::as_table);
        for target in targets.into_iter().flat_map(Table::values) {
            dependencies
                .extend(target.as_table().map(|one| of_table(one, text)).unwrap_or_default());
        }
        Ok(Self { path: path.into(), name, dependencies })
    }
}

fn of_table(table: &Table, text: &str) -> Vec<Dependency> {
    let sections = [
        ("dependencies", Kind::Normal),
        ("dev-dependencies", Kind::Dev),
        ("build-dependencies", Kind::Build),
    ];
    let mut found = Vec::new();
    for (section, kind) in sections {
        for (name, spec) in table.get(section).and_then(Value::as_table).into_iter().flatten() {
            found.push(Dependency {
                name: name.clone(),
                kind,
                is_inherited: spec.get("workspace").and_then(Value::as_bool) == Some(true),
                line: line(text, section, name),
            });
        }
    }
    found
}

/// The line of a name under the header of its section; zero when it is written another way.
fn line(text: &str, section: &str, name: &str) -> usize {
    let header =
        |line: &str| line.starts_with('[') && line.trim_end().ends_with(&format!("{section}]"));
    let starts =
        |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '.', '=']));
    let mut lines = text.lines().zip(1..).skip_while(|(line, _)| !header(line));
    lines.find(|(line, _)| starts(line)).map_or(0, |(_, number)| number)
}
