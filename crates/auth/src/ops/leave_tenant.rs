//! Ends what somebody had in a tenant that they are no member of any more.

use kernel::{Cx, TenantId, UserId};

use super::tell_apps::tell_apps_of_tenant;
use crate::{App, Result, store};

/// Ends their keys, codes, tokens and what they agreed to there, on devices too, so that coming back brings none of them back.
pub(crate) async fn leave_tenant(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    user_id: UserId,
) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "leave_tenant").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    // Who is being given tokens there has them, and loses them below; whoever comes later finds no code.
    store::lock_person(&mut tx, user_id).await?;
    let keys = store::revoke_keys_of(&mut tx, user_id, now).await?;
    tell_apps_of_tenant(&mut tx, app, cx, (tenant, user_id)).await?;
    // In the order of whoever takes back a single consent.
    let consents = store::delete_consents_here(&mut tx, user_id).await?;
    let codes = store::delete_codes_here(&mut tx, user_id).await?;
    let devices = store::delete_devices_here(&mut tx, user_id).await?;
    let families = store::end_families_of_person(&mut tx, user_id, now).await?;
    if keys + codes + devices + families + consents > 0 {
        bus::audit(&mut tx, cx, "tenant.leave", &format!("user:{user_id}")).await?;
    }
    tx.commit().await?;
    Ok(())
}
