//! `usher tenant import <file.csv>`.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::Context;
use clap::Args;
use kernel::{Locale, PersonName, Slug};
use serde::Deserialize;
use serde_json::{Value, json};

use super::listing;
use crate::{
    api::{Api, Problem},
    cli::{Output, Target},
};

/// Most rows of one file; a larger one is refused whole.
const MAX_ROWS: usize = 10_000;

/// What a row that did not become a tenant ends the command with.
const SOME_REFUSED: u8 = 3;

const COLUMNS: [&str; 5] = ["row", "slug", "outcome", "tenantId", "problem"];

/// Create the tenants of a CSV file.
///
/// The file's header is `name,slug,locale,plan,trial_days`; the last three columns may be absent. Each row is told what
/// became of it: `created`, `exists` for a tenant of this slug and name that was there before, or `refused`. Running the
/// same file again creates nothing twice.
#[derive(Debug, Args)]
pub struct Import {
    /// The file.
    pub file: PathBuf,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// A row as it stands in the file.
#[derive(Debug, Clone, Deserialize)]
struct Row {
    name: String,
    slug: String,
    #[serde(default)]
    locale: String,
    #[serde(default)]
    plan: String,
    #[serde(default)]
    trial_days: Option<u16>,
}

/// Runs the command.
///
/// # Errors
/// The file cannot be read, or the platform does not answer.
pub async fn import(args: Import) -> anyhow::Result<u8> {
    let text = std::fs::read_to_string(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let rows = read(&text)?;
    let api = Api::of(&args.target)?;
    let (mut told, mut refused) = (Vec::with_capacity(rows.len()), false);
    for (number, row) in rows.into_iter().enumerate() {
        let told_row = match row {
            Ok(row) => bring(&api, &row).await?,
            Err((slug, problem)) => outcome(&slug, "refused", "", &problem),
        };
        refused |= told_row["outcome"] == "refused";
        let mut told_row = told_row;
        told_row["row"] = json!(number + 1);
        told.push(told_row);
    }
    listing::print(args.output, &told, &COLUMNS)?;
    Ok(if refused { SOME_REFUSED } else { 0 })
}

/// A good row, or the slug and the problem of a bad one.
type Read = Result<Row, (String, String)>;

/// Reads and checks the rows, before anything is sent.
fn read(text: &str) -> anyhow::Result<Vec<Read>> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader =
        reader.trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().context("the file has no header")?.clone();
    for needed in ["name", "slug"] {
        anyhow::ensure!(
            header.iter().any(|column| column == needed),
            "the column {needed} is missing"
        );
    }
    let (mut rows, mut slugs) = (Vec::new(), BTreeSet::new());
    for row in reader.deserialize::<Row>() {
        anyhow::ensure!(rows.len() < MAX_ROWS, "the file has more than {MAX_ROWS} rows");
        rows.push(match row {
            Ok(row) => check(row, &mut slugs),
            Err(problem) => Err((String::new(), said(&problem, &header))),
        });
    }
    Ok(rows)
}

/// Why a line is no row, by the name of the column at fault.
fn said(problem: &csv::Error, header: &csv::StringRecord) -> String {
    match problem.kind() {
        csv::ErrorKind::Deserialize { err, .. } => {
            let at = err.field().and_then(|at| usize::try_from(at).ok());
            let column = at.and_then(|at| header.get(at)).unwrap_or("the row");
            format!("{column}: {}", err.kind())
        }
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} columns, not {expected_len}")
        }
        _ => problem.to_string(),
    }
}

fn check(row: Row, slugs: &mut BTreeSet<String>) -> Read {
    let refused = |problem: String| Err((row.slug.clone(), problem));
    if let Err(problem) = PersonName::parse(&row.name) {
        return refused(format!("name {problem}"));
    }
    if let Err(problem) = Slug::parse(&row.slug) {
        return refused(format!("slug {problem}"));
    }
    if let Err(problem) = Locale::parse(&row.locale) {
        return refused(format!("locale {problem}"));
    }
    if !slugs.insert(row.slug.clone()) {
        return refused("slug stands in an earlier row".into());
    }
    Ok(row)
}

/// Creates the tenant, unless it is there.
async fn bring(api: &Api, row: &Row) -> anyhow::Result<Value> {
    let body = json!({
        "name": row.name,
        "slug": row.slug,
        "locale": row.locale,
        "plan": row.plan,
        "trialDays": row.trial_days,
    });
    let failure = match api.post_patiently::<Value>(None, "/v1/tenants", &body).await {
        Ok(tenant) => return Ok(outcome(&row.slug, "created", text(&tenant["tenantId"]), "")),
        Err(failure) => failure,
    };
    let Some(problem) = failure.downcast_ref::<Problem>() else {
        return Err(failure);
    };
    if matches!(problem.status, 401 | 403) {
        return Err(failure);
    }
    if problem.code != "slug_taken" {
        return Ok(outcome(&row.slug, "refused", "", &problem.detail));
    }
    let found = api.list(None, &format!("/v1/tenants?slug={}", row.slug), "tenants").await?;
    Ok(match found.first() {
        Some(tenant) if text(&tenant["name"]) == row.name => {
            outcome(&row.slug, "exists", text(&tenant["tenantId"]), "")
        }
        Some(tenant) => {
            let name = text(&tenant["name"]);
            outcome(&row.slug, "refused", "", &format!("slug is that of the tenant {name:?}"))
        }
        None => outcome(&row.slug, "refused", "", &problem.detail),
    })
}

fn outcome(slug: &str, outcome: &str, tenant_id: &str, problem: &str) -> Value {
    json!({"slug": slug, "outcome": outcome, "tenantId": tenant_id, "problem": problem})
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(file: &str) -> Vec<String> {
        let rows = read(file).expect("a file");
        rows.into_iter()
            .map(|row| row.map_or_else(|(_, problem)| problem, |_| "good".into()))
            .collect()
    }

    #[test]
    fn good_rows_pass_and_bad_ones_say_why() {
        let file = "\u{feff}name,slug,locale,plan,trial_days\n\
                    Art School, art-school ,ru,team,14\n\
                    Music,music,,,\n\
                    ,nameless,,,\n\
                    Admin,admin,,,\n\
                    Sport,sport,xx,,\n\
                    Again,music,,,\n\
                    Trial,trial,,,soon\n\
                    Short\n";
        let told = problems(file);
        assert_eq!(told[..2], ["good", "good"]);
        for (problem, part) in told[2..].iter().zip([
            "name is empty",
            "slug is a reserved word",
            "locale is not a language",
            "slug stands in an earlier row",
            "trial_days",
            "",
        ]) {
            assert!(problem != "good" && problem.contains(part), "{problem}: {part}");
        }
        assert_eq!(told.len(), 8);
    }

    #[test]
    fn the_last_columns_may_be_absent_and_the_first_may_not() {
        assert_eq!(problems("slug,name\nmusic,Music\n"), ["good"]);
        for bad in ["", "name\nMusic\n", "slug;name\nmusic;Music\n"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
        let long = format!("slug,name\n{}", "music,Music\n".repeat(MAX_ROWS + 1));
        assert!(read(&long).is_err());
    }
}
