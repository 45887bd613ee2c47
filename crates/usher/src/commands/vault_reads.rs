//! `usher vault reads`: who opened which secret, straight from the journals of the services.

use anyhow::Context;
use clap::Args;
use kernel::{Page, PageSize, TenantId};
use pg::Db;
use serde_json::json;
use uuid::Uuid;
use vault::{Read, Which};

use super::listing;
use crate::{
    cli::Output,
    platform::{self, Settings},
};

const COLUMNS: [&str; 9] =
    ["at", "tenantId", "service", "actor", "purpose", "rowId", "why", "traceparent", "id"];

/// List who opened which secret, why, in which trace, the latest first.
#[derive(Debug, Args)]
pub struct Reads {
    /// Only secrets of this tenant.
    #[arg(long, value_name = "ID")]
    pub tenant: Option<TenantId>,
    /// Only secrets of this kind, such as `wb_token`.
    #[arg(long, value_name = "WORD")]
    pub purpose: Option<String>,
    /// Only the secret in this row.
    #[arg(long, value_name = "ID")]
    pub row: Option<Uuid>,
    /// Only openings before this one: the last of the page before.
    #[arg(long, value_name = "ID")]
    pub before: Option<Uuid>,
    /// How many openings a page holds, at most 250.
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=250))]
    pub page_size: i32,
    /// Every setting; only the database is used.
    #[command(flatten)]
    pub settings: Settings,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Prints a page, and how to get the next one.
///
/// # Errors
/// The database is away.
pub(super) async fn reads(args: Reads) -> anyhow::Result<()> {
    let page = page(&args).await?;
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|(service, read)| {
            json!({
                "at": read.created_at.to_string(),
                "tenantId": read.tenant_id.to_string(),
                "service": service,
                "actor": read.actor,
                "purpose": read.purpose,
                "rowId": read.row_id.to_string(),
                "why": read.why,
                "requestId": read.request_id,
                "traceparent": read.traceparent,
                "id": read.id.to_string(),
            })
        })
        .collect();
    listing::print(args.output, &rows, &COLUMNS)?;
    if let Some(next) = page.next {
        eprintln!("more: --before {next}");
    }
    Ok(())
}

/// Openings of all services: their ids grow with time, so one cursor serves all journals.
async fn page(args: &Reads) -> anyhow::Result<Page<(&'static str, Read)>> {
    let (access, size) = (platform::access(&args.settings)?, PageSize::from_wire(args.page_size));
    let which = Which { purpose: args.purpose.as_deref(), row: args.row, before: args.before };
    let mut all = Vec::new();
    for service in pg::services() {
        let db = Db::connect(&access, service)?;
        let mut tx = db.platform("list_secret_reads", "an operator reads the journal").await?;
        let found = vault::reads_of(&mut tx, args.tenant, which, size).await.context(service)?;
        tx.commit().await?;
        db.close().await;
        all.extend(found.into_iter().map(|read| (service, read)));
    }
    all.sort_by_key(|(_, read)| std::cmp::Reverse(read.id));
    Ok(Page::cut(all, size, |(_, read)| read.id.to_string()))
}
