//! What no code of the house contains: notes to self, switched-off checks, ambient clock and environment.

use anyhow::Result;
use tidy::{Excuse, Finding, Rule, Source, workspace};

const LEFTOVERS: Rule = Rule {
    name: "nothing is left for later, and no check is switched off without a reason",
    remedy: "finish it, delete it, or give `reason = \"…\"`",
    excuses: &[],
};

const ENVIRONMENT: Rule = Rule {
    name: "only boot reads the environment",
    remedy: "make it a field of the component's config.rs",
    excuses: &[
        Excuse { place: "crates/boot/", what: "", because: "it answers what the configuration is" },
        Excuse {
            place: "crates/testkit/src/servers.rs",
            what: "",
            because: "tests take the servers that DATABASE_URL and NATS_URL name",
        },
        Excuse {
            place: "crates/sandbox/src/private/programs.rs",
            what: "",
            because: "it looks for programs on the PATH",
        },
    ],
};

const CLOCK: Rule = Rule {
    name: "time comes from the clock of the App",
    remedy: "take `kernel::Clock` or a `Timestamp` as an argument",
    excuses: &[
        Excuse {
            place: "crates/kernel/src/time.rs",
            what: "",
            because: "the system's clock is made here",
        },
        Excuse {
            place: "crates/wire/src/",
            what: "",
            because: "deadlines and the life of a token are measured against the time of the machine",
        },
        Excuse {
            place: "crates/boot/src/telemetry/json.rs",
            what: "",
            because: "a log line carries the time of the machine",
        },
        Excuse {
            place: "crates/sandbox/src/",
            what: "",
            because: "stand-ins of outside systems have clocks of their own",
        },
        Excuse {
            place: "crates/testkit/src/template.rs",
            what: "",
            because: "today's partitions are in the template",
        },
    ],
};

const OUTPUT: Rule = Rule {
    name: "only the command line prints",
    remedy: "use tracing; results of commands are printed by usher",
    excuses: &[Excuse {
        place: "crates/testkit/",
        what: "`eprintln!`",
        because: "it tells whoever runs a test what the test left behind",
    }],
};

/// Spelled apart, so that this file does not contain them.
const NOTES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];

fn notes(path: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().zip(1..);
    let noted = lines.filter(|(line, _)| {
        line.split(|c: char| !c.is_alphanumeric()).any(|word| NOTES.contains(&word))
    });
    noted.map(|(line, number)| Finding::new(path, number, line.trim())).collect()
}

fn leftovers(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for code in ["dbg!", "todo!", "unimplemented!", "unsafe", "#[ignore]"] {
        let here = source.find(code).into_iter();
        found.extend(here.map(|token| Finding::new(&source.path, token.line, format!("`{code}`"))));
    }
    for attribute in ["#[allow(", "#![allow(", "#[expect(", "#![expect("] {
        found.extend(unreasoned(source, attribute));
    }
    found
}

/// `#[allow(…)]` whose parenthesis holds no `reason`.
fn unreasoned(source: &Source, attribute: &str) -> Vec<Finding> {
    let starts = source.places(attribute).into_iter();
    let bare = starts.filter(|at| {
        let mut inside = source.tokens[*at..].iter().take_while(|token| token.text != "]");
        !inside.any(|token| token.text == "reason")
    });
    bare.map(|at| Finding::new(&source.path, source.tokens[at].line, format!("`{attribute}…)]`")))
        .collect()
}

/// Build scripts, tests, examples and measurements talk to whoever runs them.
fn is_run_by_hand(source: &Source, line: usize) -> bool {
    let inside = source.inside();
    source.is_test(line)
        || inside == "build.rs"
        || inside.starts_with("examples/")
        || source.krate() == "bench"
}

fn found(source: &Source, codes: &[&str]) -> Vec<Finding> {
    let here = codes
        .iter()
        .flat_map(|code| source.find(code).into_iter().map(move |token| (code, token.line)));
    let meant = here.filter(|(_, line)| !is_run_by_hand(source, *line));
    meant.map(|(code, line)| Finding::new(&source.path, line, format!("`{code}`"))).collect()
}

fn environment(source: &Source) -> Vec<Finding> {
    found(source, &["env::var", "env::var_os", "env::vars", "env::set_var"])
}

fn clock(source: &Source) -> Vec<Finding> {
    found(source, &["Timestamp::now", "SystemTime::now", "Zoned::now"])
}

fn output(source: &Source) -> Vec<Finding> {
    let command_line = source.krate() == "usher";
    let codes = ["println!", "eprintln!", "print!", "eprint!"];
    if command_line { Vec::new() } else { found(source, &codes) }
}

#[test]
fn nothing_is_left_for_later() -> Result<()> {
    let mut all: Vec<_> = workspace::sources()?.iter().flat_map(leftovers).collect();
    for (folder, ending) in
        [("crates", ".rs"), ("crates", ".html"), ("migrations", ".sql"), ("proto/usher", ".proto")]
    {
        let files = workspace::files(folder, ending)?;
        all.extend(files.iter().flat_map(|(path, text)| notes(path, text)));
    }
    LEFTOVERS.hold(&all)
}

#[test]
fn only_boot_reads_the_environment() -> Result<()> {
    ENVIRONMENT.hold(&workspace::sources()?.iter().flat_map(environment).collect::<Vec<_>>())
}

#[test]
fn time_comes_from_the_clock() -> Result<()> {
    CLOCK.hold(&workspace::sources()?.iter().flat_map(clock).collect::<Vec<_>>())
}

#[test]
fn only_the_command_line_prints() -> Result<()> {
    OUTPUT.hold(&workspace::sources()?.iter().flat_map(output).collect::<Vec<_>>())
}

#[test]
fn leftovers_are_found() -> Result<()> {
    let text = "//! A.\n#![allow(dead_code)]\n#[allow(dead_code, reason = \"why\")]\nfn a() {\n    todo!();\n    dbg!(1);\n}\n#[ignore]\nfn b() {}\n#[ignore = \"why\"]\nfn c() { unsafe {} }\n";
    let mut lines: Vec<_> =
        leftovers(&Source::parse("a", text)?).iter().map(|one| one.line).collect();
    lines.sort_unstable();
    assert_eq!(lines, [2, 5, 6, 8, 11]);
    let noted = format!("a\n-- {} later\nTODOS", NOTES[0]);
    assert_eq!(notes("a.sql", &noted).len(), 1);
    Ok(())
}

#[test]
fn ambient_reads_are_found() -> Result<()> {
    let text = "//! A.\nfn a() {\n    std::env::var(\"A\");\n    jiff::Timestamp::now();\n    println!();\n}\n#[test]\nfn b() { println!(); env::var(\"A\"); }\n";
    let lines = |rule: fn(&Source) -> Vec<Finding>, path| {
        let source = Source::parse(path, text)?;
        Ok::<Vec<_>, anyhow::Error>(rule(&source).iter().map(|one| one.line).collect())
    };
    assert_eq!(lines(environment, "crates/user/src/a.rs")?, [3]);
    assert_eq!(lines(clock, "crates/user/src/a.rs")?, [4]);
    assert_eq!(lines(output, "crates/user/src/a.rs")?, [5]);
    assert!(lines(output, "crates/usher/src/a.rs")?.is_empty());
    assert!(lines(environment, "crates/user/tests/it/a.rs")?.is_empty());
    Ok(())
}
