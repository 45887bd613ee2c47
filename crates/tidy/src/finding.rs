//! What a rule found, the exceptions it knows, and the words in which it fails.

use std::fmt;

use anyhow::{Result, bail};

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file or folder, from the root of the repository.
    pub place: String,
    /// The line, counted from one; zero where the whole file is meant.
    pub line: usize,
    /// What stands there.
    pub what: String,
}

impl Finding {
    /// A finding at a line of a file.
    pub fn new(place: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { place: place.into(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.place, self.what),
            line => write!(f, "{}:{line}: {}", self.place, self.what),
        }
    }
}

/// A place where a rule does not hold, and why that is right.
#[derive(Clone, Copy, Debug)]
pub struct Excuse {
    /// A file, or a folder when it ends in `/`.
    pub place: &'static str,
    /// A part of what is found there; empty excuses every finding of the place.
    pub what: &'static str,
    /// Why.
    pub because: &'static str,
}

impl Excuse {
    fn covers(&self, finding: &Finding) -> bool {
        let here = match self.place.strip_suffix('/') {
            Some(_) => finding.place.starts_with(self.place),
            None => finding.place == self.place,
        };
        here && finding.what.contains(self.what)
    }
}

/// A rule of the house.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The rule as a sentence.
    pub name: &'static str,
    /// What to do about a breach.
    pub remedy: &'static str,
    /// Where it need not hold.
    pub excuses: &'static [Excuse],
}

impl Rule {
    /// The findings that no excuse covers, and a finding for each excuse that covers nothing any more.
    #[must_use]
    pub fn judge(&self, findings: &[Finding]) -> Vec<Finding> {
        let excused = |finding: &&Finding| !self.excuses.iter().any(|one| one.covers(finding));
        let idle = |excuse: &&Excuse| !findings.iter().any(|one| excuse.covers(one));
        let stale = |excuse: &Excuse| {
            let what = format!("excused for nothing ({}): delete the excuse", excuse.because);
            Finding::new(excuse.place, 0, what)
        };
        let mut left: Vec<_> = findings.iter().filter(excused).cloned().collect();
        left.extend(self.excuses.iter().filter(idle).map(stale));
        left
    }

    /// Fails where anything is left after [`Rule::judge`].
    ///
    /// # Errors
    /// One text that names every place, the rule, and what to do.
    pub fn hold(&self, findings: &[Finding]) -> Result<()> {
        let left = self.judge(findings);
        if left.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = left.iter().map(|one| format!("  {one}")).collect();
        let (count, places) = (left.len(), lines.join("\n"));
        bail!("{count} × {}\n{places}\n  → {}", self.name, self.remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        name: "no noise",
        remedy: "be quiet",
        excuses: &[Excuse { place: "bell/", what: "ring", because: "it is a bell" }],
    };

    #[test]
    fn a_breach_names_file_line_rule_and_remedy() {
        let found = [Finding::new("drum/a.rs", 3, "boom"), Finding::new("bell/b.rs", 1, "ring")];
        let told = RULE.hold(&found).unwrap_err().to_string();
        assert_eq!(told, "1 × no noise\n  drum/a.rs:3: boom\n  → be quiet");
    }

    #[test]
    fn an_excuse_that_covers_nothing_is_a_finding() {
        let told = RULE.hold(&[]).unwrap_err().to_string();
        assert!(told.contains("bell/: excused for nothing (it is a bell)"), "{told}");
    }
}
