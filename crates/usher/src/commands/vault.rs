//! `usher vault …`: straight at the databases, so that it works while the platform is up or down.

use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Args, Subcommand};
use kernel::{Clock, Cx, TenantId};
use pg::Db;
use serde_json::json;
use vault::{Progress, Vault};

use super::{
    listing,
    vault_reads::{Reads, reads},
};
use crate::{
    cli::Output,
    out,
    platform::{self, Settings},
};

/// Between two lines of progress.
const PACE: Duration = Duration::from_secs(1);

/// The keys that seal tenants' secrets.
#[derive(Debug, Subcommand)]
pub enum Vaults {
    /// Show, per service, how many data keys there are, which master keys wrap them, and what waits.
    Status(Status),
    /// Replace keys while everything runs. A run that was killed goes on where it ended.
    #[command(subcommand)]
    Rotate(Rotate),
    /// List who opened which secret, why, in which trace, the latest first.
    Reads(Box<Reads>),
}

/// Replace keys while everything runs.
#[derive(Debug, Subcommand)]
pub enum Rotate {
    /// Wrap every data key anew under the current master key; then the older ones may be destroyed.
    Master(Master),
    /// Seal all secrets of a tenant anew under a fresh data key, and destroy the older ones.
    Tenant(Tenant),
}

/// Show how the keys stand.
#[derive(Debug, Args)]
pub struct Status {
    /// Every setting; only database and keys are used.
    #[command(flatten)]
    pub settings: Settings,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Wrap every data key anew.
#[derive(Debug, Args)]
pub struct Master {
    /// Every setting; only database and keys are used.
    #[command(flatten)]
    pub settings: Settings,
}

/// Seal all secrets of a tenant anew.
#[derive(Debug, Args)]
pub struct Tenant {
    /// The tenant's id.
    pub tenant: TenantId,
    /// Every setting; only database and keys are used.
    #[command(flatten)]
    pub settings: Settings,
}

/// Runs the command.
///
/// # Errors
/// The database is away, a master key is missing, or something could not be rotated; what was done stays done.
pub async fn vault(command: Vaults) -> anyhow::Result<u8> {
    match command {
        Vaults::Status(args) => status(args).await?,
        Vaults::Reads(args) => reads(*args).await?,
        Vaults::Rotate(Rotate::Master(args)) => rotate_master(&args.settings).await?,
        Vaults::Rotate(Rotate::Tenant(args)) => rotate_tenant(&args.settings, args.tenant).await?,
    }
    Ok(0)
}

/// Each service's database and the vault over it.
fn vaults(settings: &Settings) -> anyhow::Result<Vec<(Db, Vault)>> {
    let access = platform::access(settings)?;
    let of = |service| Ok((Db::connect(&access, service)?, platform::vault(settings)?));
    pg::services().map(of).collect()
}

async fn status(args: Status) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for (db, vault) in vaults(&args.settings)? {
        let found = vault.status(&db).await.with_context(|| db.service())?;
        let masters = found.masters.iter();
        let masters: Vec<_> = masters
            .map(|it| json!({"id": it.id, "dataKeys": it.data_keys, "held": it.held}))
            .collect();
        rows.push(json!({
            "service": db.service(),
            "tenants": found.tenants,
            "dataKeys": found.data_keys,
            "toRewrap": found.stale,
            "tenantsRotating": found.rotating,
            "shredded": found.shredded,
            "masterKeys": masters,
        }));
    }
    let columns =
        ["service", "tenants", "dataKeys", "toRewrap", "tenantsRotating", "shredded", "masterKeys"];
    listing::print(args.output, &rows, &columns)
}

async fn rotate_master(settings: &Settings) -> anyhow::Result<()> {
    let (mut done, mut failed) = (0, Vec::new());
    for (db, vault) in vaults(settings)? {
        platform::keys_fit(settings, &vault, &db).await?;
        let tell = teller(db.service(), "data keys");
        let outcome = vault.rotate_master(&db, tell).await.with_context(|| db.service())?;
        done += outcome.data_keys;
        failed.extend(outcome.failed.iter().map(|tenant| format!("{tenant} in {}", db.service())));
    }
    out::line(format_args!("{done} data keys wrapped anew"))?;
    if failed.is_empty() {
        return Ok(());
    }
    anyhow::bail!("data keys that do not unwrap, of tenant {}", failed.join(", "))
}

async fn rotate_tenant(settings: &Settings, tenant: TenantId) -> anyhow::Result<()> {
    let cx = Cx::of_service("usher", Some(tenant), &Clock::system());
    let (mut secrets, mut open) = (0, Vec::new());
    for (db, vault) in vaults(settings)? {
        platform::keys_fit(settings, &vault, &db).await?;
        let tell = teller(db.service(), "secrets");
        let outcome = vault.rotate_tenant(&db, &cx, tenant, tell).await;
        let outcome = outcome.with_context(|| db.service())?;
        secrets += outcome.secrets;
        if outcome.retired > 0 {
            audit(&db, &cx, tenant).await?;
        }
        if outcome.refused > 0 {
            open.push(format!("{} secrets of {} do not open", outcome.refused, db.service()));
        } else if !outcome.complete {
            open.push(format!("{} is still in use; run this again", db.service()));
        }
    }
    out::line(format_args!("{secrets} secrets sealed anew"))?;
    if open.is_empty() {
        return Ok(());
    }
    anyhow::bail!("the older data keys are kept: {}", open.join("; "))
}

async fn audit(db: &Db, cx: &Cx, tenant: TenantId) -> anyhow::Result<()> {
    let mut tx = db.tenant(tenant, "audit_key_rotation").await?;
    bus::audit(&mut tx, cx, "data_key.rotate", &format!("tenant:{tenant}")).await?;
    Ok(tx.commit().await?)
}

/// Tells progress on standard error: the end, and before it a line a second.
fn teller(service: &'static str, things: &'static str) -> impl FnMut(Progress) {
    let mut told = Instant::now();
    move |Progress { done, total }| {
        if total > 0 && (done == total || told.elapsed() >= PACE) {
            told = Instant::now();
            eprintln!("{service}: {done} of {total} {things}");
        }
    }
}
