//! Every setting stands in the sample, and nothing else does.

use anyhow::Result;
use tidy::{Finding, Rule, workspace};

const SAMPLE: &str = "deploy/usher.env.sample";

const RULE: Rule = Rule {
    name: "the sample of settings is what `usher config` prints",
    remedy: "run `cargo run --bin usher -- config > deploy/usher.env.sample`",
    excuses: &[],
};

/// The lines that only one of the two has, and the first that differs when they only stand in another order.
fn findings(held: &str, printed: &str) -> Vec<Finding> {
    let missing = printed
        .lines()
        .filter(|line| !line.is_empty() && !held.lines().any(|other| other == *line));
    let surplus =
        held.lines().zip(1..).filter(|(line, _)| !printed.lines().any(|other| other == *line));
    let mut found: Vec<_> =
        missing.map(|line| Finding::new(SAMPLE, 0, format!("lacks: {line}"))).collect();
    found.extend(
        surplus.map(|(line, number)| Finding::new(SAMPLE, number, format!("no longer: {line}"))),
    );
    if found.is_empty() && held != printed {
        let same =
            held.lines().zip(printed.lines()).take_while(|(one, other)| one == other).count();
        found.push(Finding::new(SAMPLE, same + 1, "another order"));
    }
    found
}

#[test]
fn the_sample_has_every_setting() -> Result<()> {
    RULE.hold(&findings(&workspace::read(SAMPLE)?, &usher::platform::sample()))
}

#[test]
fn a_sample_that_differs_is_found() {
    let printed = "# A.\n#A=1\n\n# B.\n#B=\n";
    assert_eq!(findings(printed, printed), []);
    let found = findings("# A.\n#A=2\n", printed);
    let told: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "deploy/usher.env.sample: lacks: #A=1",
            "deploy/usher.env.sample: lacks: # B.",
            "deploy/usher.env.sample: lacks: #B=",
            "deploy/usher.env.sample:2: no longer: #A=2",
        ]
    );
    assert_eq!(findings("# B.\n#B=\n\n# A.\n#A=1\n", printed)[0].line, 1);
}
