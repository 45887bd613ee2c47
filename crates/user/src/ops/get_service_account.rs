//! Shows a service account.

use kernel::TenantId;
use uuid::Uuid;

use crate::{
    App, Result,
    domain::{Refusal, ServiceAccount},
    store,
};

/// The service account of this id.
pub(crate) async fn get_service_account(
    app: &App,
    tenant: TenantId,
    id: Uuid,
) -> Result<ServiceAccount> {
    let mut tx = app.db.tenant(tenant, "get_service_account").await?;
    let account = store::service_account(&mut tx, id).await?;
    tx.commit().await?;
    Ok(account.ok_or(Refusal::ServiceAccountNotFound)?)
}
