//! The domain is pure and synchronous: nouns and rules, no I/O, no ambient clock.

use anyhow::Result;
use tidy::{Finding, Rule, Source, workspace};

const RULE: Rule = Rule {
    name: "domain/ is pure and synchronous",
    remedy: "pass what it needs as an argument; SQL belongs to store/, translation to grpc/, the clock to the op",
    excuses: &[],
};

/// Crates that do I/O or speak a protocol, the ambient clock, and asynchrony.
const IMPURE: [&str; 13] = [
    "sqlx::",
    "tonic::",
    "axum::",
    "prost::",
    "tokio::",
    "reqwest::",
    "async fn",
    "async move",
    "async {",
    "Timestamp::now",
    "SystemTime::now",
    "Clock::system",
    "env::var",
];

fn findings(source: &Source) -> Vec<Finding> {
    let is_domain =
        workspace::SERVICES.contains(&source.krate()) && source.inside().starts_with("src/domain/");
    let impure = IMPURE.iter().filter(|_| is_domain);
    let found =
        impure.flat_map(|code| source.find(code).into_iter().map(move |token| (code, token.line)));
    found.map(|(code, line)| Finding::new(&source.path, line, format!("`{code}`"))).collect()
}

#[test]
fn domains_are_pure() -> Result<()> {
    let sources = workspace::sources()?;
    assert!(sources.iter().any(|source| source.inside().starts_with("src/domain/")));
    RULE.hold(&sources.iter().flat_map(findings).collect::<Vec<_>>())
}

#[test]
fn an_impure_domain_is_found() -> Result<()> {
    let text = "//! An invite.\n#[derive(sqlx::Type)]\npub struct Stage;\npub async fn late() -> bool {\n    kernel::Timestamp::now() > tokio::time::now()\n}\n";
    let lines = |path| {
        Source::parse(path, text).map(|source| {
            let mut lines: Vec<_> = findings(&source).iter().map(|found| found.line).collect();
            lines.sort_unstable();
            lines
        })
    };
    assert!(lines("crates/user/src/domain/invite.rs")?.starts_with(&[2, 4]));
    assert!(lines("crates/user/src/ops/invite.rs")?.is_empty());
    assert!(lines("crates/bus/src/domain/invite.rs")?.is_empty());
    Ok(())
}
