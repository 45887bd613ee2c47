//! A test waits for a condition, not for time to pass.

use anyhow::Result;
use tidy::{Excuse, Finding, Rule, Source, workspace};

const RULE: Rule = Rule {
    name: "a test sleeps only between two looks at a condition (in a `loop` or `while`)",
    remedy: "wait for the condition itself, or list the place here with its reason",
    excuses: &[
        Excuse {
            place: "crates/bus/tests/it/order.rs",
            what: "",
            because: "a transaction is held open over many windows; a relay is let fall asleep before it is woken",
        },
        Excuse {
            place: "crates/bus/tests/it/writing.rs",
            what: "",
            because: "an operation is cut off at a given moment",
        },
        Excuse {
            place: "crates/jobs/tests/it/outage.rs",
            what: "",
            because: "connections are cut again and again, at a pace",
        },
        Excuse {
            place: "crates/sandbox/tests/private.rs",
            what: "",
            because: "a process is killed at a given moment of its start",
        },
    ],
};

fn findings(source: &Source) -> Vec<Finding> {
    let calls = source.find("sleep(").into_iter().filter(|token| source.is_test(token.line));
    let bare = calls.filter(|token| !token.looped);
    bare.map(|token| Finding::new(&source.path, token.line, "a sleep outside a loop")).collect()
}

#[test]
fn tests_wait_for_conditions() -> Result<()> {
    RULE.hold(&workspace::sources()?.iter().flat_map(findings).collect::<Vec<_>>())
}

#[test]
fn a_bare_sleep_is_found() -> Result<()> {
    let text = "//! A.\nasync fn a() {\n    while !done() {\n        tokio::time::sleep(PAUSE).await;\n    }\n    tokio::time::sleep(PAUSE).await;\n    for _ in 0..3 { std::thread::sleep(PAUSE); }\n}\n";
    let lines = |path| {
        Source::parse(path, text)
            .map(|source| findings(&source).iter().map(|one| one.line).collect::<Vec<_>>())
    };
    assert_eq!(lines("crates/user/tests/it/a.rs")?, [6, 7]);
    assert!(lines("crates/user/src/a.rs")?.is_empty());
    Ok(())
}
