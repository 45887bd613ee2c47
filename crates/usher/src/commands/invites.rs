//! `usher invites …`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::listing;
use crate::{
    api::Api,
    cli::{Output, Target},
    out,
};

/// Largest file that is sent, in bytes: what the platform takes.
const MAX_FILE: u64 = 3 * 1024 * 1024;

/// The exit code where somebody is not invited.
const SOME_REFUSED: u8 = 3;

const COLUMNS: [&str; 7] = ["number", "email", "name", "outcome", "field", "reason", "message"];

/// Invitations.
#[derive(Debug, Subcommand)]
pub enum Invites {
    /// Invite the people of a CSV file.
    Import(Import),
}

/// Invite the people of a CSV file.
///
/// Its header names the columns in any order: `email` and `name`, and if need be `role` (several separated by `|`),
/// `locale`, `reference`, `expires_in_hours`, `scope_type`, `scope_id` and `workspace.<name>`. At most 10,000 rows. The
/// platform works the list off by itself; rows that are refused are told with number, field and reason. Importing the
/// same file again invites nobody twice.
#[derive(Debug, Args)]
pub struct Import {
    /// The file, in UTF-8.
    pub file: PathBuf,
    /// The tenant's slug.
    #[arg(long, env = "USHER_TENANT", value_name = "SLUG")]
    pub tenant: String,
    /// Write what became of every row to this CSV file.
    #[arg(long, env = "USHER_RESULTS", value_name = "FILE")]
    pub results: Option<PathBuf>,
    /// Seconds to wait for the list to be worked off; the platform goes on by itself afterwards.
    #[arg(long, env = "USHER_WAIT_SECONDS", value_name = "SECONDS", default_value_t = 86_400)]
    pub wait_seconds: u64,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Runs the command and answers the exit code.
///
/// # Errors
/// The file cannot be read, the platform refuses the list whole, or does not answer.
pub async fn invites(command: Invites) -> anyhow::Result<u8> {
    let Invites::Import(args) = command;
    let file = read(&args.file)?;
    let api = Api::of(&args.target)?;
    let tenant = Some(args.tenant.as_str());
    let key = uuid::Uuid::new_v4().to_string();
    let batch: Value = api.post_file(tenant, "/v1/invite-batches", "text/csv", file, &key).await?;
    let path = format!("/v1/invite-batches/{}", batch["batchId"].as_str().unwrap_or_default());
    let batch = until_ended(&api, tenant, &path, batch, args.wait_seconds).await?;
    let rows = api.list(tenant, &format!("{path}/rows"), "rows").await?;
    if let Some(results) = &args.results {
        fs::write(results, csv_of(&rows)?)
            .with_context(|| format!("cannot write {}", results.display()))?;
    }
    report(args.output, &batch, &rows)
}

/// The file, unless it is larger than the platform takes.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let unread = || format!("cannot read {}", path.display());
    let size = fs::metadata(path).with_context(unread)?.len();
    if size > MAX_FILE {
        bail!("{} is larger than 3 MiB ({size} bytes); split it", path.display());
    }
    fs::read(path).with_context(unread)
}

/// Watches the list until it has ended or the time is up; answers it as last seen.
async fn until_ended(
    api: &Api,
    tenant: Option<&str>,
    path: &str,
    mut batch: Value,
    wait_seconds: u64,
) -> anyhow::Result<Value> {
    let (begun, wait) = (tokio::time::Instant::now(), Duration::from_secs(wait_seconds));
    let style = ProgressStyle::with_template("{prefix} {bar:30.green/white} {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(count(&batch, "rows")).with_style(style).with_prefix("rows");
    while batch["status"] == "running" && begun.elapsed() < wait {
        bar.set_position(count(&batch, "rows") - count(&batch, "waiting"));
        tokio::time::sleep(Duration::from_millis(250)).await;
        batch = api.get(tenant, path).await?;
    }
    bar.finish_and_clear();
    Ok(batch)
}

fn count(batch: &Value, what: &str) -> u64 {
    batch[what].as_u64().unwrap_or_default()
}

/// Prints what became of the list, tells of every row that is not invited, and answers the exit code.
fn report(output: Output, batch: &Value, rows: &[Value]) -> anyhow::Result<u8> {
    let is_in = |row: &&Value| {
        matches!(row["outcome"].as_str(), Some("created" | "already_invited" | "already_member"))
    };
    for row in rows.iter().filter(|row| !is_in(row)) {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let why = if text("message").is_empty() { text("outcome") } else { text("message") };
        eprintln!("row {}: {} {why}", row["number"], text("email"));
    }
    if output.json {
        out::line(serde_json::to_string(&json!({"batch": batch, "rows": rows}))?)?;
    } else {
        let counts = ["status", "rows", "created", "alreadyInvited", "alreadyMember", "refused"];
        let columns = [&["batchId"][..], &counts, &["leftOut", "waiting"]].concat();
        listing::print(output, std::slice::from_ref(batch), &columns)?;
    }
    Ok(if rows.iter().all(|row| is_in(&row)) { 0 } else { SOME_REFUSED })
}

/// The rows as CSV.
fn csv_of(rows: &[Value]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.write_record(COLUMNS.map(|column| match &row[column] {
            Value::String(text) => inert(text),
            Value::Null => String::new(),
            other => other.to_string(),
        }))?;
    }
    Ok(writer.into_inner()?)
}

/// A text that no spreadsheet takes for a formula.
fn inert(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_written_as_text() {
        let row = |name: &str| json!({"number": 1, "email": "a@x.com", "name": name});
        let names = ["=cmd()|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "a, \"b\"", "Ann"];
        let rows: Vec<Value> = names.iter().map(|name| row(name)).collect();
        let written = String::from_utf8(csv_of(&rows).expect("writes")).expect("UTF-8");
        let mut read = csv::Reader::from_reader(written.as_bytes());
        let told: Vec<String> =
            read.records().map(|record| record.expect("reads")[2].to_owned()).collect();
        let kept = ["'=cmd()|'/C calc'!A0", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "a, \"b\"", "Ann"];
        assert_eq!(told, kept);
    }

    #[test]
    fn a_file_that_is_too_large_is_not_even_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("huge.csv");
        let file = fs::File::create(&path).expect("a file");
        file.set_len(100 * 1024 * 1024).expect("grows");
        let refused = read(&path).expect_err("too large").to_string();
        assert!(refused.contains("3 MiB"), "{refused}");
        assert!(read(&folder.path().join("none")).is_err());
    }
}
