//! `usher onboard <file.csv>`.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Args;
use kernel::{Clock, Slug};
use serde::Deserialize;

use crate::{
    api::Api,
    cli::{Output, Target},
    onboard::{self, Checked, Fault, Format, Job},
};

/// Bring the clients of a CSV file from invitation to an active workspace.
///
/// The file's header is `email,name,role,spreadsheet_id,wb_token,tenant,locale`; the last two columns may be absent.
/// Bad rows are refused with row number and field before anything is sent, and the good rows go on. Running the same
/// file again does nothing to clients already active and resumes the rest.
#[derive(Debug, Args)]
pub struct Onboard {
    /// The file.
    pub file: PathBuf,
    /// The tenant (slug) of rows that name none.
    #[arg(long, env = "USHER_TENANT", value_name = "SLUG", value_parser = slug)]
    pub tenant: Option<Slug>,
    /// Refuse the whole file when any row is bad.
    #[arg(long, env = "USHER_STRICT")]
    pub strict: bool,
    /// Seconds to wait for the clients to become active; the platform goes on by itself afterwards.
    #[arg(long, env = "USHER_WAIT_SECONDS", value_name = "SECONDS", default_value_t = 86_400)]
    pub wait_seconds: u64,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

fn slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|problem| problem.to_string())
}

/// Runs the main job and answers the exit code.
///
/// # Errors
/// The file cannot be read, or the platform does not answer.
pub async fn onboard(args: Onboard) -> anyhow::Result<u8> {
    let bytes = std::fs::read(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let api = Api::of(&args.target)?;
    let format = if args.output.json { Format::Json } else { Format::Table };
    let wait = Duration::from_secs(args.wait_seconds);
    bring(&api, &bytes, args.tenant.as_ref(), Strictness::of(args.strict), format, wait).await
}

/// What bad rows mean for the good ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// The good rows go on.
    Lenient,
    /// Nothing goes on.
    Strict,
}

impl Strictness {
    const fn of(strict: bool) -> Self {
        if strict { Self::Strict } else { Self::Lenient }
    }
}

/// Checks the bytes of a file, brings its good rows to `active`, prints, and answers the exit code.
///
/// # Errors
/// The platform does not answer.
pub async fn bring(
    api: &Api,
    bytes: &[u8],
    tenant: Option<&Slug>,
    strictness: Strictness,
    format: Format,
    wait: Duration,
) -> anyhow::Result<u8> {
    let roles = roles(api).await?;
    let checked = with_tenants(onboard::check(bytes, &roles, Clock::system().now()), tenant);
    for Fault { row, field, problem } in &checked.faults {
        eprintln!("row {row}: {field} {problem}");
    }
    let refused =
        checked.rows.is_empty() || strictness == Strictness::Strict && !checked.faults.is_empty();
    if refused {
        eprintln!("refused: nothing was sent");
        return Ok(1);
    }
    let outcomes = onboard::run(api, Job { checked: checked.clone(), wait }).await?;
    Job::print(&checked, &outcomes, format)?;
    Ok(if outcomes.iter().all(onboard::Outcome::is_active) { 0 } else { 3 })
}

/// The roles that a tenant can bind, as the platform knows them.
async fn roles(api: &Api) -> anyhow::Result<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Roles {
        roles: Vec<Role>,
    }
    #[derive(Deserialize)]
    struct Role {
        name: String,
        scope: String,
    }
    let known: Roles =
        api.get(None, "/v1/roles").await.context("cannot ask the platform for its roles")?;
    Ok(known
        .roles
        .into_iter()
        .filter(|role| role.scope == "tenant")
        .map(|role| role.name)
        .collect())
}

/// Gives rows without a tenant the default one; without a default such a row is at fault.
fn with_tenants(mut checked: Checked, tenant: Option<&Slug>) -> Checked {
    let (mut rows, mut faults) = (Vec::new(), std::mem::take(&mut checked.faults));
    for mut row in checked.rows {
        row.tenant = row.tenant.or_else(|| tenant.cloned());
        if row.tenant.is_some() {
            rows.push(row);
        } else {
            let problem = "is missing; fill the column or give --tenant".into();
            faults.push(Fault { row: row.number, field: "tenant".into(), problem });
        }
    }
    faults.sort_by_key(|fault| fault.row);
    Checked { rows, faults }
}
