//! Hands out what an export gathered.

use kernel::{Cx, TenantId, Timestamp};
use secrecy::ExposeSecret;
use serde_json::Value;
use uuid::Uuid;

use super::EXPORT_PURPOSE;
use crate::{
    App, Result,
    domain::{ExportRefusal, ExportSource},
    store,
};

/// What each service told, and when all of it was gathered. Every fetch is audited; each part that is opened stands in
/// the vault's journal.
pub(crate) async fn fetch_export(
    app: &App,
    cx: &Cx,
    export_id: Uuid,
) -> Result<(Timestamp, Vec<(ExportSource, Value)>)> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "fetch_export").await?;
    let held = store::lock_export(&mut tx, export_id).await?;
    let export = held.filter(|held| held.belongs_to(cx)).ok_or(ExportRefusal::NotFound)?;
    let gathered_at = export.fetchable(app.clock.now())?;
    let mut told = Vec::new();
    for (source, part_id, sealed) in store::export_parts(&mut tx, export_id).await? {
        let opened = app.vault.open(&mut tx, cx, EXPORT_PURPOSE, part_id, &sealed).await?;
        told.push((source, serde_json::from_str(opened.expose_secret())?));
    }
    bus::audit(&mut tx, cx, "export.fetch", &format!("user:{}", export.user_id)).await?;
    tx.commit().await?;
    Ok((gathered_at, told))
}
