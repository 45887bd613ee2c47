//! Every invariant of ARCHITECTURE.md names a test that exists.

use anyhow::Result;
use tidy::{Finding, Rule, Source, workspace};

const PAGE: &str = "ARCHITECTURE.md";

const RULE: Rule = Rule {
    name: "every invariant names its test",
    remedy: "end the line with (test: `crates/<crate>/tests/it/<file>.rs::<test>`), and write that test",
    excuses: &[],
};

/// The points under the heading `Invariants`, with their lines; a point may go on over several lines.
fn points(page: &str) -> Vec<(usize, String)> {
    let heading = |line: &str| line.starts_with('#') && line.trim_end().ends_with("Invariants");
    let lines = page.lines().zip(1..).skip_while(|(line, _)| !heading(line)).skip(1);
    let mut points: Vec<(usize, String)> = Vec::new();
    for (line, number) in lines.take_while(|(line, _)| !line.starts_with('#')) {
        if line.starts_with("- ") {
            points.push((number, line.into()));
        } else if let Some((_, point)) = points.last_mut().filter(|_| line.starts_with(' ')) {
            point.push_str(line);
        }
    }
    points
}

/// The tests a point names: texts in backticks of the form `path::name`.
fn named(point: &str) -> Vec<(&str, &str)> {
    let quoted = point.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| text.split_once(".rs::").map(|_| text))
        .filter_map(|text| text.rsplit_once("::"))
        .collect()
}

fn findings(page: &str, is_test: impl Fn(&str, &str) -> bool) -> Vec<Finding> {
    let points = points(page);
    let mut found = Vec::new();
    if points.is_empty() {
        found.push(Finding::new(PAGE, 0, "has no points under `Invariants`"));
    }
    for (line, point) in points {
        let tests = named(&point);
        if tests.is_empty() {
            found.push(Finding::new(PAGE, line, "names no test"));
        }
        let missing = tests.iter().filter(|(file, name)| !is_test(file, name));
        found.extend(missing.map(|(file, name)| {
            Finding::new(PAGE, line, format!("there is no test {name} in {file}"))
        }));
    }
    found
}

/// Tests made by a macro are seen as words only.
fn holds(source: &Source, name: &str) -> bool {
    let written = source.functions.iter().any(|one| one.is_test && one.name == name);
    written || source.find(&format!("fn {name}")).iter().any(|token| source.is_test(token.line))
}

#[test]
fn invariants_name_tests_that_exist() -> Result<()> {
    let exists = |file: &str, name: &str| {
        let source = workspace::read(file).and_then(|text| Source::parse(file, &text));
        source.is_ok_and(|source| holds(&source, name))
    };
    RULE.hold(&findings(&workspace::read(PAGE)?, exists))
}

#[test]
fn invariants_without_a_test_are_found() {
    let page = "# A\n- b\n## Invariants\n\n- One\n  goes on. (test: `a.rs::one`)\n- Two. (test: `a.rs::two`)\n- Three `a.rs`.\n## C\n- d\n";
    let found = findings(page, |file, name| (file, name) == ("a.rs", "one"));
    let told: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["ARCHITECTURE.md:7: there is no test two in a.rs", "ARCHITECTURE.md:8: names no test"]
    );
    assert_eq!(findings("# A\n", |_, _| true).len(), 1);
}

#[test]
fn a_function_that_is_no_test_does_not_count() -> Result<()> {
    let source = Source::parse("crates/a/src/b.rs", "//! B.\nfn one() {}\n#[test]\nfn two() {}\n")?;
    assert!(!holds(&source, "one") && holds(&source, "two"));
    Ok(())
}
