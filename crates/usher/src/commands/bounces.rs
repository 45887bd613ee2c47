//! `usher bounces …`.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::listing;
use crate::{
    api::Api,
    cli::{Output, Target},
};

/// Largest report that is sent, in bytes: what the platform takes.
const MAX_REPORT: u64 = 256 * 1024;

const COLUMNS: [&str; 5] = ["messageId", "outcome", "status", "reason", "permanent"];
const PATH: &str = "/v1/platform/bounces";

/// Letters that came back.
#[derive(Debug, Subcommand)]
pub enum Bounces {
    /// Read a delivery status notification (RFC 3464), for instance from a pipe of the mail system.
    Read(ReadReport),
}

/// Read a report.
#[derive(Debug, Args)]
pub struct ReadReport {
    /// The mail as it came, headers and all; `-` for standard input.
    #[arg(env = "USHER_REPORT")]
    pub file: PathBuf,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Runs the command.
///
/// # Errors
/// The report cannot be read, or the platform refuses it or does not answer.
pub async fn bounces(command: Bounces) -> anyhow::Result<u8> {
    let Bounces::Read(args) = command;
    // What is no UTF-8 is in the words for people, of which nothing is read.
    let report = String::from_utf8_lossy(&read(&args.file)?).into_owned();
    let api = Api::of(&args.target)?;
    let taken: Value = api.post(None, PATH, &json!({"report": report})).await?;
    listing::print(args.output, &[taken], &COLUMNS)?;
    Ok(0)
}

/// The report, unless it is larger than the platform takes.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let unread = || format!("cannot read {}", path.display());
    let source: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).with_context(unread)?),
    };
    let mut report = Vec::new();
    source.take(MAX_REPORT + 1).read_to_end(&mut report).with_context(unread)?;
    if report.len() as u64 > MAX_REPORT {
        bail!("{} is larger than 256 KiB, and no report of a letter of ours", path.display());
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_of_a_report_than_the_platform_takes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.eml");
        std::fs::write(&path, "Subject: x\r\n\r\nHello").expect("writes");
        assert_eq!(read(&path).expect("reads"), b"Subject: x\r\n\r\nHello");
        File::create(&path).expect("a file").set_len(100 * 1024 * 1024).expect("grows");
        let refused = read(&path).expect_err("too large").to_string();
        assert!(refused.contains("256 KiB"), "{refused}");
        assert!(read(&folder.path().join("none")).is_err());
    }
}
