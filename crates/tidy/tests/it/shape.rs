//! Every service has the same shape: know one and you know all.

use std::collections::BTreeSet;

use anyhow::Result;
use tidy::{Finding, Rule, Source, workspace};

const RULE: Rule = Rule {
    name: "every service has the same shape, and a file of ops/ holds the verb it is named after",
    remedy: "see \"A service\" in CONTRIBUTING.md",
    excuses: &[],
};

const SHAPE: [&str; 7] = [
    "src/lib.rs",
    "src/error.rs",
    "src/domain/mod.rs",
    "src/ops/mod.rs",
    "src/store/mod.rs",
    "src/grpc/mod.rs",
    "tests/it/main.rs",
];

fn missing(service: &str, sources: &[Source]) -> Vec<Finding> {
    let here = sources.iter().filter(|source| source.krate() == service);
    let held: BTreeSet<_> = here.map(Source::inside).collect();
    let lacks = SHAPE.iter().filter(|part| !held.contains(*part));
    lacks
        .map(|part| Finding::new(format!("crates/{service}"), 0, format!("has no {part}")))
        .collect()
}

fn verbs(source: &Source) -> Option<Finding> {
    let is_op = workspace::SERVICES.contains(&source.krate())
        && source.inside().starts_with("src/ops/")
        && source.stem() != "mod";
    let named = source.functions.iter().any(|one| one.name == source.stem());
    (is_op && !named).then(|| Finding::new(&source.path, 0, format!("has no fn {}", source.stem())))
}

#[test]
fn services_have_one_shape() -> Result<()> {
    let sources = workspace::sources()?;
    let shape = workspace::SERVICES.iter().flat_map(|service| missing(service, sources));
    RULE.hold(&shape.chain(sources.iter().filter_map(verbs)).collect::<Vec<_>>())
}

#[test]
fn another_shape_is_found() -> Result<()> {
    let lib = Source::parse("crates/user/src/lib.rs", "//! A.\n")?;
    let found = missing("user", &[lib]);
    assert_eq!(found.len(), SHAPE.len() - 1);
    assert_eq!(found[0], Finding::new("crates/user", 0, "has no src/error.rs"));
    Ok(())
}

#[test]
fn an_op_of_another_name_is_found() -> Result<()> {
    let text = "//! A.\npub async fn create_user() {}\n";
    assert!(verbs(&Source::parse("crates/user/src/ops/create_user.rs", text)?).is_none());
    assert!(verbs(&Source::parse("crates/user/src/ops/users.rs", text)?).is_some());
    Ok(())
}
