//! `usher tenant …`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{listing, tenant_import};
use crate::{
    api::Api,
    cli::{Output, Target},
};

/// Tenants.
#[derive(Debug, Subcommand)]
pub enum Tenants {
    /// Create a tenant.
    Create(Create),
    /// List tenants.
    List(List),
    /// Create the tenants of a CSV file.
    Import(tenant_import::Import),
    /// Show a tenant: where it is in its life and why, its plan and its limits.
    Show(Named),
    /// Make a tenant active for good: one on trial, or one that is suspended.
    Activate(Named),
    /// Stop serving a tenant until it is resumed.
    Suspend(Suspend),
    /// Serve a suspended tenant again.
    Resume(Named),
    /// Stop serving a tenant, and close it for good when its days of grace are over.
    Close(Close),
    /// Take back the closing of a tenant while its days of grace last.
    Restore(Named),
    /// Move a tenant to a plan.
    Plan(Plan),
}

/// Create a tenant.
#[derive(Debug, Args)]
pub struct Create {
    /// Its name as people read it.
    pub name: String,
    /// Its DNS-safe name; derived from the name unless given.
    #[arg(long, env = "USHER_SLUG")]
    pub slug: Option<String>,
    /// Language of letters: en or ru.
    #[arg(long, env = "USHER_LOCALE", default_value = "en")]
    pub locale: String,
    /// Its plan; one without limits unless given.
    #[arg(long, env = "USHER_PLAN")]
    pub plan: Option<String>,
    /// For how many days it is on trial; active at once unless given.
    #[arg(long, env = "USHER_TRIAL_DAYS", value_name = "DAYS")]
    pub trial_days: Option<u16>,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// List tenants.
#[derive(Debug, Args)]
pub struct List {
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// One tenant.
#[derive(Debug, Args)]
pub struct Named {
    /// Its slug or id.
    pub tenant: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Stop serving a tenant.
#[derive(Debug, Args)]
pub struct Suspend {
    /// Its slug or id.
    pub tenant: String,
    /// Why.
    #[arg(long, env = "USHER_REASON")]
    pub reason: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Close a tenant.
#[derive(Debug, Args)]
pub struct Close {
    /// Its slug or id.
    pub tenant: String,
    /// Why.
    #[arg(long, env = "USHER_REASON")]
    pub reason: String,
    /// For how many days it can be restored: 0 to 365.
    #[arg(long, env = "USHER_GRACE_DAYS", value_name = "DAYS", default_value_t = 30)]
    pub grace_days: u16,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Move a tenant to a plan.
#[derive(Debug, Args)]
pub struct Plan {
    /// Its slug or id.
    pub tenant: String,
    /// The plan's word.
    pub plan: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

const COLUMNS: [&str; 5] = ["tenantId", "slug", "name", "status", "createdAt"];

const LIFE: [&str; 8] = [
    "slug",
    "status",
    "statusReason",
    "statusBy",
    "statusSince",
    "trialEndsAt",
    "closesAt",
    "plan",
];

/// Runs the command.
///
/// # Errors
/// The platform refuses or does not answer.
pub async fn tenants(command: Tenants) -> anyhow::Result<u8> {
    match command {
        Tenants::Create(args) => {
            let body = json!({
                "name": args.name,
                "slug": args.slug,
                "locale": args.locale,
                "plan": args.plan,
                "trialDays": args.trial_days,
            });
            let tenant: Value = Api::of(&args.target)?.post(None, "/v1/tenants", &body).await?;
            listing::print(args.output, &[tenant], &COLUMNS)?;
        }
        Tenants::List(args) => {
            let rows = Api::of(&args.target)?.list(None, "/v1/tenants", "tenants").await?;
            listing::print(args.output, &rows, &COLUMNS)?;
        }
        Tenants::Import(args) => return tenant_import::import(args).await,
        Tenants::Show(args) => {
            let api = Api::of(&args.target)?;
            let path = format!("/v1/tenants/{}", id_of(&api, &args.tenant).await?);
            let shown: Value = api.get(None, &path).await?;
            let columns = [LIFE.as_slice(), &["limits"]].concat();
            listing::print(args.output, &[shown], &columns)?;
        }
        Tenants::Activate(args) => named(&args, "activate").await?,
        Tenants::Suspend(args) => {
            let body = json!({"reason": args.reason});
            turn(&args.target, args.output, &args.tenant, "suspend", &body).await?;
        }
        Tenants::Resume(args) => named(&args, "resume").await?,
        Tenants::Close(args) => {
            let body = json!({"reason": args.reason, "graceDays": args.grace_days});
            turn(&args.target, args.output, &args.tenant, "close", &body).await?;
        }
        Tenants::Restore(args) => named(&args, "restore").await?,
        Tenants::Plan(args) => {
            let body = json!({"plan": args.plan});
            turn(&args.target, args.output, &args.tenant, "plan", &body).await?;
        }
    }
    Ok(0)
}

async fn named(args: &Named, verb: &str) -> anyhow::Result<()> {
    turn(&args.target, args.output, &args.tenant, verb, &json!({})).await
}

async fn turn(
    target: &Target,
    output: Output,
    tenant: &str,
    verb: &str,
    body: &Value,
) -> anyhow::Result<()> {
    let api = Api::of(target)?;
    let path = format!("/v1/tenants/{}/{verb}", id_of(&api, tenant).await?);
    let turned: Value = api.post(None, &path, body).await?;
    listing::print(output, &[turned], &LIFE)
}

/// The id of a tenant that is named by its slug or id.
async fn id_of(api: &Api, tenant: &str) -> anyhow::Result<String> {
    if uuid::Uuid::try_parse(tenant).is_ok() {
        return Ok(tenant.to_owned());
    }
    let slug = kernel::Slug::parse(tenant);
    let slug = slug.map_err(|problem| anyhow::anyhow!("{tenant:?} {problem}"))?;
    let found = api.list(None, &format!("/v1/tenants?slug={slug}"), "tenants").await?;
    let id = found.first().and_then(|tenant| tenant["tenantId"].as_str()).map(str::to_owned);
    id.ok_or_else(|| anyhow::anyhow!("there is no tenant {slug}"))
}
