//! Gives an API key another secret.

use std::time::Duration;

use kernel::{Cx, TenantId};
use uuid::Uuid;

use super::create_api_key::{draw, issued, require_measure};
use crate::{
    App, Result,
    domain::{ApiKey, KeyRefusal, KeySecret},
    store,
};

/// Replaces the secret; the former one goes on for `overlap`. Whoever does it must be able to make such a key: they are
/// shown what it opens with.
pub(crate) async fn rotate_api_key(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: Uuid,
    overlap: Duration,
) -> Result<(ApiKey, KeySecret)> {
    let mut tx = app.db.tenant(tenant, "find_api_key").await?;
    let found = store::lock_api_key(&mut tx, id).await?.ok_or(KeyRefusal::NotFound)?;
    tx.commit().await?;
    require_measure(app, cx, tenant, &found).await?;
    let now = app.clock.now();
    let secret = draw(tenant)?;
    let mut tx = app.db.tenant(tenant, "rotate_api_key").await?;
    let key = store::lock_api_key(&mut tx, id).await?.ok_or(KeyRefusal::NotFound)?;
    if !key.is_good(now) {
        return Err(KeyRefusal::Ended.into());
    }
    store::replace_secret(&mut tx, id, &secret, now.after(overlap)).await?;
    bus::audit(&mut tx, cx, "api_key.rotate", &format!("api_key:{id}")).await?;
    bus::emit(&mut tx, cx, id, &issued(&key, true)).await?;
    tx.commit().await?;
    Ok((ApiKey { hint: secret.hint(), ..key }, secret))
}
