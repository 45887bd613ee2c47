//! Names that say nothing, and the sentence with which every file begins.

use anyhow::Result;
use tidy::{Finding, Named, Rule, Source, workspace};

const RULE: Rule = Rule {
    name: "names say what a thing is, and a file begins by saying what it owns",
    remedy: "ask which question the piece answers and name it after that",
    excuses: &[],
};

const DRAWERS: [&str; 7] = ["common", "core", "utils", "util", "helpers", "misc", "shared"];
const ENDINGS: [&str; 5] = ["Dto", "Model", "Entity", "Manager", "Helper"];
const OPENINGS: [&str; 3] = ["handle_", "process_", "do_"];

fn findings(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut tell = |line, what: String| found.push(Finding::new(&source.path, line, what));
    if !source.text.starts_with("//! ") {
        tell(1, "does not begin with a `//!` sentence".into());
    }
    let folders = source.inside().split('/').map(|part| part.trim_end_matches(".rs"));
    for name in [source.krate()].into_iter().chain(folders).filter(|name| DRAWERS.contains(name)) {
        tell(0, format!("`{name}` is a drawer"));
    }
    for Named { name, line } in
        source.modules.iter().filter(|one| DRAWERS.contains(&one.name.as_str()))
    {
        tell(*line, format!("module `{name}` is a drawer"));
    }
    for Named { name, line } in &source.types {
        if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            tell(*line, format!("type `{name}`"));
        }
    }
    for one in &source.functions {
        let idle = OPENINGS.iter().any(|opening| one.name.starts_with(opening));
        if idle || (one.is_test && one.name.starts_with("test_")) {
            tell(*one.lines.start(), format!("fn `{}`", one.name));
        }
    }
    found
}

#[test]
fn names_say_something() -> Result<()> {
    RULE.hold(&workspace::sources()?.iter().flat_map(findings).collect::<Vec<_>>())
}

#[test]
fn empty_names_are_found() -> Result<()> {
    let text = "\nmod utils {}\nstruct UserDto;\ntrait TokenManager { fn do_it(&self); }\nfn handle_it() {}\n#[tokio::test]\nasync fn test_it() {}\nfn test_url() {}\n";
    let found = findings(&Source::parse("crates/user/src/misc/a.rs", text)?);
    let told: Vec<_> = found.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "does not begin with a `//!` sentence",
            "`misc` is a drawer",
            "module `utils` is a drawer",
            "type `UserDto`",
            "type `TokenManager`",
            "fn `do_it`",
            "fn `handle_it`",
            "fn `test_it`",
        ]
    );
    Ok(())
}
