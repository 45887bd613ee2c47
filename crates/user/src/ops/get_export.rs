//! Shows an export to whoever asked for it.

use kernel::{Cx, TenantId};
use uuid::Uuid;

use crate::{
    App, Result,
    domain::{Export, ExportRefusal},
    store,
};

/// The export as it stands; that of somebody else is none.
pub(crate) async fn get_export(app: &App, cx: &Cx, export_id: Uuid) -> Result<Export> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "get_export").await?;
    let export = store::export(&mut tx, export_id).await?;
    tx.commit().await?;
    Ok(export.filter(|export| export.belongs_to(cx)).ok_or(ExportRefusal::NotFound)?)
}
