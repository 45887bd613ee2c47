//! Every workflow is put through the sweep of faults.

use std::collections::BTreeSet;

use anyhow::Result;
use tidy::{Finding, Rule, Source, workspace};

const RULE: Rule = Rule {
    name: "a crate with workflows puts each through `testkit::Sweep`, in tests/it/surviving.rs over `workflows()`",
    remedy: "see tests/it/surviving.rs of provisioning",
    excuses: &[],
};

/// Crates beside the services, whose workflows only test or measure.
const BESIDE: [&str; 3] = ["jobs", "testkit", "bench"];

fn unswept(sources: &[Source]) -> Vec<Finding> {
    let swept: BTreeSet<_> = sources
        .iter()
        .filter(|source| source.inside() == "tests/it/surviving.rs")
        .filter(|source| {
            !source.find("Sweep::of(").is_empty() && !source.find(".workflows()").is_empty()
        })
        .map(Source::krate)
        .collect();
    let bare = sources
        .iter()
        .filter(|source| !BESIDE.contains(&source.krate()) && !swept.contains(source.krate()));
    bare.flat_map(|source| {
        let works = source.find("impl Workflow for").into_iter();
        let works = works.filter(|token| !source.is_test(token.line));
        works.map(|token| Finding::new(&source.path, token.line, "a workflow that no sweep tests"))
    })
    .collect()
}

#[test]
fn every_workflow_is_swept() -> Result<()> {
    RULE.hold(&unswept(workspace::sources()?))
}

#[test]
fn a_workflow_without_a_sweep_is_found() -> Result<()> {
    let work = Source::parse("crates/user/src/jobs/a.rs", "//! A.\nimpl Workflow for A {}\n")?;
    let other = "//! A.\nfn a() { Sweep::of(db).drive(app.workflows()) }\n";
    let sweep = |path| Source::parse(path, other);
    let elsewhere = sweep("crates/auth/tests/it/surviving.rs")?;
    let found = unswept(&[work, elsewhere]);
    assert_eq!(found.iter().map(|one| one.line).collect::<Vec<_>>(), [2]);
    let work = Source::parse("crates/user/src/jobs/a.rs", "//! A.\nimpl Workflow for A {}\n")?;
    assert!(unswept(&[work, sweep("crates/user/tests/it/surviving.rs")?]).is_empty());
    Ok(())
}
