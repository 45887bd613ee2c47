//! Tells that a client's marketplace token comes to its end, once per threshold.

use kernel::{ClientId, Cx};
use wire::{
    provisioning::v1::{TokenExpired, TokenExpiring},
    timestamp,
};

use super::{degrade_client::degrade_client, locked, tenant_of};
use crate::{
    App, Result,
    domain::{Cause, EXPIRED_REASON, Stage, threshold_due},
    store,
};

/// Tells of the nearest threshold that was passed, unless that was told. The end itself also puts an active client
/// into the operators' queue: its workspace cannot work any more.
pub(super) async fn warn_of_expiry(app: &App, cx: &Cx, id: ClientId) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "warn_of_expiry").await?;
    let client = locked(&mut tx, id, now).await?;
    let Some(token) = store::lock_expiring(&mut tx, id).await? else {
        return Ok(false);
    };
    let Some(days) = threshold_due(token.expires_at, token.warned_days, now) else {
        return Ok(false);
    };
    store::update_warned(&mut tx, id, days).await?;
    let (client_id, hint) = (id.to_string(), token.hint.to_string());
    let expires_at = Some(timestamp(token.expires_at));
    if days > 0 {
        let fact = TokenExpiring { client_id, hint, expires_at, days: days.into() };
        bus::emit(&mut tx, cx, id.uuid(), &fact).await?;
    } else {
        let fact = TokenExpired { client_id, hint, expires_at };
        bus::emit(&mut tx, cx, id.uuid(), &fact).await?;
        if client.stage == Stage::Active {
            let cause = Cause {
                reason: EXPIRED_REASON.into(),
                message: "The marketplace token has expired; give a new one.".into(),
            };
            degrade_client(&mut tx, cx, client, cause, now).await?;
        }
    }
    bus::audit(&mut tx, cx, "client.token.warn", &format!("client:{id}")).await?;
    tx.commit().await?;
    Ok(true)
}
