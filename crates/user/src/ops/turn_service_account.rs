//! Pauses a service account, or ends the pause.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::user::v1::ServiceAccountChanged;

use super::{create_role_binding::allowed_together, put_custom_role::within_own};
use crate::{
    App, Result,
    domain::{Refusal, ServiceAccount, ServiceAccountStatus},
    store,
};

/// The service account as it stands then; what stands as wished stays. Nobody turns one that may what they may not.
pub(crate) async fn turn_service_account(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: Uuid,
    status: ServiceAccountStatus,
) -> Result<ServiceAccount> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "turn_service_account").await?;
    let held = store::lock_service_account(&mut tx, id).await?;
    let held = held.ok_or(Refusal::ServiceAccountNotFound)?;
    if held.status == status {
        return Ok(held);
    }
    let roles = store::roles_of_service_account(&mut tx, id, now).await?;
    within_own(cx, &allowed_together(&mut tx, &roles).await?)?;
    let account = ServiceAccount { status, changed_at: now, ..held };
    store::update_service_account(&mut tx, &account).await?;
    let action = match status {
        ServiceAccountStatus::Active => "service_account.enable",
        ServiceAccountStatus::Disabled => "service_account.disable",
    };
    bus::audit(&mut tx, cx, action, &format!("service_account:{id}")).await?;
    let fact =
        ServiceAccountChanged { service_account_id: id.to_string(), status: status.to_string() };
    bus::emit(&mut tx, cx, id, &fact).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(account)
}
