//! SQL stands in a service's `store/`, and in the shared crates that own tables.

use anyhow::Result;
use tidy::{Finding, Rule, Source, Token, workspace};

const RULE: Rule = Rule {
    name: "SQL stands in store/ only",
    remedy: "give the store a function with a name and call it",
    excuses: &[],
};

/// Shared crates that own tables, and those that only serve tests and measurements.
const OWNERS: [&str; 6] = ["pg", "bus", "jobs", "vault", "testkit", "bench"];

/// The ways to hand a text to PostgreSQL; `query` alone is a word of other libraries too.
const DOORS: [&str; 5] = ["query_as", "query_scalar", "query_unchecked", "query_with", "raw_sql"];

fn findings(source: &Source) -> Vec<Finding> {
    let is_service = workspace::SERVICES.contains(&source.krate());
    let is_store = is_service && source.inside().starts_with("src/store/");
    if is_store || OWNERS.contains(&source.krate()) {
        return Vec::new();
    }
    let tokens = source.tokens.iter().enumerate();
    let code = tokens.filter(|(_, token)| !source.is_test(token.line));
    let sql = code.filter(|(at, token)| {
        token.string.as_deref().is_some_and(is_sql) || is_door(&source.tokens, *at)
    });
    sql.map(|(_, token)| Finding::new(&source.path, token.line, shown(&token.text))).collect()
}

/// `sqlx::query(…)`, `query!(…)`, `query_as::<…>(…)`.
fn is_door(tokens: &[Token], at: usize) -> bool {
    let is = |at: usize, texts: &[&str]| {
        tokens.get(at).is_some_and(|token| texts.contains(&token.text.as_str()))
    };
    let of_sqlx = at >= 3 && is(at - 3, &["sqlx"]) && is(at - 1, &[":"]);
    let called = is(at + 1, &["!", "(", ":"]);
    is(at, &DOORS) && called || is(at, &["query"]) && (of_sqlx || is(at + 1, &["!"]))
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start().to_lowercase();
    let words: Vec<_> = text.split_whitespace().collect();
    match words.as_slice() {
        ["select", ..] => words.contains(&"from") || text.contains(['(', '$', '1']),
        ["insert", "into", ..] | ["delete", "from", ..] | ["set", "local", ..] => true,
        ["update", _, "set", ..] | ["with", _, "as", ..] => true,
        [first, ..] => text.starts_with("begin;") || (*first == "begin" && words.len() == 1),
        [] => false,
    }
}

fn shown(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(60).collect()
}

#[test]
fn sql_stands_in_stores() -> Result<()> {
    RULE.hold(&workspace::sources()?.iter().flat_map(findings).collect::<Vec<_>>())
}

#[test]
fn sql_elsewhere_is_found() -> Result<()> {
    let text = "//! Op.\nfn a() {\n    sqlx::query(TEXT);\n    query_as!(A, \"x\");\n    let b = \"\n  select a from b\";\n    query_scalar::<_, i64>(TEXT);\n    let c = \"select a role\";\n    uri.query();\n}\n#[cfg(test)]\nmod tests { const A: &str = \"delete from a\"; }\n";
    let lines = |path| {
        let source = Source::parse(path, text)?;
        Ok::<Vec<_>, anyhow::Error>(findings(&source).iter().map(|found| found.line).collect())
    };
    assert_eq!(lines("crates/user/src/ops/a.rs")?, [3, 4, 5, 7]);
    assert_eq!(lines("crates/gateway/src/a.rs")?, [3, 4, 5, 7]);
    assert!(lines("crates/user/src/store/a.rs")?.is_empty());
    assert!(lines("crates/user/tests/it/a.rs")?.is_empty());
    Ok(())
}

#[test]
fn sql_is_told_from_prose() {
    for sql in
        ["begin", "BEGIN; x", "set local a = 1", "with a as (x)", "update a set b = 1", "select 1"]
    {
        assert!(is_sql(sql), "{sql}");
    }
    for prose in ["begin with a letter", "select a role", "update the record", "with a reason", ""]
    {
        assert!(!is_sql(prose), "{prose}");
    }
}
