//! Ends what somebody had in a tenant that they are no member of any more.

use kernel::{Cx, TenantId, UserId};

use crate::{App, Result, store};

/// Ends their keys and tokens there, so that coming back brings none of them back.
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
    let keys = store::revoke_keys_of(&mut tx, user_id, now).await?;
    let families = store::end_families_of_person(&mut tx, user_id, now).await?;
    if keys + families > 0 {
        bus::audit(&mut tx, cx, "tenant.leave", &format!("user:{user_id}")).await?;
    }
    tx.commit().await?;
    Ok(())
}
