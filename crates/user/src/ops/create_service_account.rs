//! Makes a service account.

use kernel::{Cx, TenantId};
use pg::replies;
use wire::user::v1::ServiceAccountCreated;

use crate::{
    App, Error, Result,
    domain::{ServiceAccount, ServiceAccountStatus},
    store,
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "CreateServiceAccount";

/// The service account, made once for an idempotency key; `fingerprint` is a digest of the request.
pub(crate) async fn create_service_account(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    name: String,
    fingerprint: &[u8],
) -> Result<ServiceAccount> {
    let mut tx = app.db.tenant(tenant, "create_service_account").await?;
    match replies::recall(&mut tx, cx, OPERATION, fingerprint).await? {
        replies::Known::Nothing => {}
        replies::Known::Reply(reply) => return Ok(serde_json::from_slice(&reply)?),
        replies::Known::Other => return Err(Error::KeyReused),
    }
    let now = app.clock.now();
    let account = ServiceAccount {
        service_account_id: app.clock.new_id(),
        name,
        status: ServiceAccountStatus::Active,
        created_at: now,
        created_by: cx.actor.label(),
        changed_at: now,
    };
    let id = account.service_account_id;
    store::insert_service_account(&mut tx, &account).await?;
    bus::audit(&mut tx, cx, "service_account.create", &format!("service_account:{id}")).await?;
    let fact =
        ServiceAccountCreated { service_account_id: id.to_string(), name: account.name.clone() };
    bus::emit(&mut tx, cx, id, &fact).await?;
    replies::keep(&mut tx, cx, OPERATION, &serde_json::to_vec(&account)?).await?;
    tx.commit().await?;
    Ok(account)
}
