//! Gathers what one service keeps of a person, for an export.

use kernel::{Cx, TenantId};
use secrecy::SecretString;
use serde_json::Value;
use uuid::Uuid;

use super::EXPORT_PURPOSE;
use crate::{
    App, Result,
    domain::{Export, ExportSource},
    peers, store,
};

/// Asks the service and keeps its answer sealed; asking again puts the newer answer in the place of the former. An
/// export that nobody waits for any more (the person was erased, or it was given up) is left alone.
pub(crate) async fn gather_export(
    app: &App,
    cx: &Cx,
    export_id: Uuid,
    source: ExportSource,
) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "look_at_export").await?;
    let waited_for = store::export(&mut tx, export_id).await?.filter(Export::is_gathering);
    tx.commit().await?;
    let Some(export) = waited_for else { return Ok(()) };
    let told: SecretString = ask(app, cx, &export, source).await?.to_string().into();
    app.vault.prepare(&app.db, TenantId::PLATFORM).await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "keep_export_part").await?;
    if store::lock_export(&mut tx, export_id).await?.is_none_or(|held| !held.is_gathering()) {
        return Ok(());
    }
    let part_id = app.clock.new_id();
    let sealed = app.vault.seal(&mut tx, EXPORT_PURPOSE, part_id, &told).await?;
    store::put_export_part(&mut tx, export_id, source, part_id, &sealed).await?;
    tx.commit().await?;
    Ok(())
}

/// What the service tells, in the form of its record.
async fn ask(app: &App, cx: &Cx, export: &Export, source: ExportSource) -> Result<Value> {
    let user_id = export.user_id;
    if source == ExportSource::Auth {
        return peers::export_person(app, cx, user_id).await;
    }
    let mut tx = app.db.platform("person_record", "a person is a member of many tenants").await?;
    if source == ExportSource::User {
        let record = store::person_record(&mut tx, user_id, app.clock.now()).await?;
        tx.commit().await?;
        return Ok(record);
    }
    let emails = store::addresses_of(&mut tx, user_id).await?;
    tx.commit().await?;
    match source {
        ExportSource::Notifier => peers::export_recipient(app, cx, emails).await,
        _ => peers::export_client_person(app, cx, user_id, emails).await,
    }
}
