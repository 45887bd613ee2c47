//! Ends an API key.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::auth::v1::ApiKeyRevoked;

use crate::{
    App, Result,
    domain::{ApiKey, KeyRefusal},
    store,
};

/// Ends it for good; ending it again changes nothing.
pub(crate) async fn revoke_api_key(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: Uuid,
) -> Result<ApiKey> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "revoke_api_key").await?;
    let key = store::lock_api_key(&mut tx, id).await?.ok_or(KeyRefusal::NotFound)?;
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    store::revoke_api_key(&mut tx, id, now).await?;
    bus::audit(&mut tx, cx, "api_key.revoke", &format!("api_key:{id}")).await?;
    let fact = ApiKeyRevoked { api_key_id: id.to_string(), subject_id: key.subject_id.to_string() };
    bus::emit(&mut tx, cx, id, &fact).await?;
    tx.commit().await?;
    Ok(ApiKey { revoked_at: Some(now), ..key })
}
