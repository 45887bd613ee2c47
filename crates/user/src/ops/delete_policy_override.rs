//! Takes an override back.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::user::v1::PolicyOverrideWithdrawn;

use super::{create_policy_override::may_move_all, put_custom_role::within_own};
use crate::{App, Error, Result, domain::Refusal, store};

/// Takes it back. Nobody lifts what was said of themselves, nor gives a permission back that they lack.
pub(crate) async fn delete_policy_override(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    override_id: Uuid,
) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "delete_policy_override").await?;
    let made = store::lock_override(&mut tx, override_id).await?;
    let made = made.ok_or(Refusal::OverrideNotFound)?;
    if cx.user() == Some(made.user_id) {
        return Err(Error::OwnAccount);
    }
    match &made.permission {
        Some(permission) => within_own(cx, std::slice::from_ref(permission))?,
        None => may_move_all(&mut tx, cx, made.user_id, app.clock.now()).await?,
    }
    store::delete_override(&mut tx, override_id).await?;
    let target = format!("user:{}", made.user_id);
    bus::audit(&mut tx, cx, "override.delete", &target).await?;
    let fact = PolicyOverrideWithdrawn {
        override_id: override_id.to_string(),
        user_id: made.user_id.to_string(),
    };
    bus::emit(&mut tx, cx, made.user_id.uuid(), &fact).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(())
}
