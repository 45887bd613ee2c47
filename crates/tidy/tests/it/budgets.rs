//! How long files and functions may be.

use anyhow::Result;
use tidy::{Finding, Function, Rule, Source, workspace};

const RULE: Rule = Rule {
    name: "files and functions stay within their budgets (lines of code: blanks and comments do not count)",
    remedy: "split by what the parts own, and name the parts",
    excuses: &[],
};

const FILE: usize = 400;
const FUNCTION: usize = 60;
const CONTENTS_PAGE: usize = 100;
const CONVERT: usize = 120;

fn budget(source: &Source) -> usize {
    let service = workspace::SERVICES.contains(&source.krate());
    match source.inside() {
        "src/lib.rs" if service => CONTENTS_PAGE,
        "src/grpc/convert.rs" if service => CONVERT,
        _ => FILE,
    }
}

fn findings(source: &Source) -> Vec<Finding> {
    let (code, most) = (source.code_lines(&(1..=usize::MAX)), budget(source));
    let whole = (code > most)
        .then(|| Finding::new(&source.path, 0, format!("{code} lines of code of at most {most}")));
    let counted = |one: &Function| {
        let code = source.code_lines(&one.lines);
        let long = code > FUNCTION && !source.is_test(*one.lines.start());
        long.then(|| {
            let what = format!("fn {} has {code} lines of at most {FUNCTION}", one.name);
            Finding::new(&source.path, *one.lines.start(), what)
        })
    };
    whole.into_iter().chain(source.functions.iter().filter_map(counted)).collect()
}

#[test]
fn budgets_hold() -> Result<()> {
    RULE.hold(&workspace::sources()?.iter().flat_map(findings).collect::<Vec<_>>())
}

#[test]
fn long_files_and_functions_are_found() -> Result<()> {
    let body = "    call();\n\n    // why\n".repeat(59);
    let text = format!("//! Long.\n\nfn long() {{\n{body}}}\n");
    let found = findings(&Source::parse("crates/user/src/a.rs", &text)?);
    assert_eq!(
        found,
        [Finding::new("crates/user/src/a.rs", 3, "fn long has 61 lines of at most 60")]
    );
    assert_eq!(findings(&Source::parse("crates/user/tests/it/a.rs", &text)?), []);

    let text = "//! Long.\nconst A: u8 = 1;\n".to_owned() + &"\nuse a::b;".repeat(120);
    assert_eq!(findings(&Source::parse("crates/user/src/grpc/convert.rs", &text)?).len(), 1);
    assert_eq!(findings(&Source::parse("crates/user/src/lib.rs", &text)?).len(), 1);
    assert_eq!(findings(&Source::parse("crates/pg/src/lib.rs", &text)?), []);
    let text = "//! Long.\n".to_owned() + &"use a::b;\n".repeat(401);
    assert_eq!(findings(&Source::parse("crates/pg/tests/it/a.rs", &text)?).len(), 1);
    Ok(())
}
