//! An export has come to its end, in the transaction that keeps the end of its job.

use kernel::{Cx, Timestamp};
use pg::TenantTx;
use uuid::Uuid;
use wire::{
    timestamp,
    user::v1::{ExportFailed, ExportReady},
};

use crate::{Result, domain::Export, store};

/// All was gathered: whoever asked may fetch it.
pub(crate) async fn finish_export(
    tx: &mut TenantTx,
    cx: &Cx,
    export_id: Uuid,
    now: Timestamp,
) -> Result<()> {
    let held = store::lock_export(tx, export_id).await?.filter(Export::is_gathering);
    let Some(export) = held.map(|held| held.ready(now)) else { return Ok(()) };
    store::update_export(tx, &export).await?;
    bus::audit(tx, cx, "export.ready", &format!("user:{}", export.user_id)).await?;
    let fact = ExportReady {
        export_id: export_id.to_string(),
        user_id: export.user_id.to_string(),
        expires_at: export.expires_at.map(timestamp),
    };
    bus::emit(tx, cx, export_id, &fact).await?;
    Ok(())
}

/// It could not be gathered: nothing of it stays.
pub(crate) async fn fail_export(
    tx: &mut TenantTx,
    cx: &Cx,
    export_id: Uuid,
    problem: &str,
    now: Timestamp,
) -> Result<()> {
    let held = store::lock_export(tx, export_id).await?.filter(Export::is_gathering);
    let Some(export) = held.map(|held| held.failed(problem, now)) else { return Ok(()) };
    store::delete_export_parts(tx, export_id).await?;
    store::update_export(tx, &export).await?;
    bus::audit(tx, cx, "export.fail", &format!("user:{}", export.user_id)).await?;
    let fact = ExportFailed {
        export_id: export_id.to_string(),
        user_id: export.user_id.to_string(),
        problem: problem.into(),
    };
    bus::emit(tx, cx, export_id, &fact).await?;
    Ok(())
}
