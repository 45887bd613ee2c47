//! Moves a tenant through its life.

use kernel::{Cx, TenantId, Timestamp};
use pg::TenantTx;
use wire::{
    tenant::v1::{DomainLost, TenantMoved},
    timestamp,
};

use crate::{
    App, Error, Result,
    domain::{Status, Tenant, Verb},
    store,
};

/// Does `verb` to the tenant; done before, it stays as it is.
pub(crate) async fn move_tenant(
    app: &App,
    cx: &Cx,
    id: TenantId,
    verb: Verb,
    reason: &str,
) -> Result<Tenant> {
    let mut tx = app.db.tenant(id, "move_tenant").await?;
    let tenant = store::lock_tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    let moved = keep_moved(&mut tx, cx, &tenant, verb, reason, app.clock.now()).await?;
    tx.commit().await?;
    Ok(moved.unwrap_or(tenant))
}

/// Keeps what became of a locked tenant and tells it; `None` where it was so already.
pub(super) async fn keep_moved(
    tx: &mut TenantTx,
    cx: &Cx,
    tenant: &Tenant,
    verb: Verb,
    reason: &str,
    now: Timestamp,
) -> Result<Option<Tenant>> {
    let Some(next) = tenant.after(verb, reason, &cx.actor.label(), now)? else {
        return Ok(None);
    };
    store::update_life(tx, &next).await?;
    bus::audit(tx, cx, verb.action(), &format!("tenant:{}", next.tenant_id)).await?;
    let fact = TenantMoved {
        was: tenant.status.to_string(),
        status: next.status.to_string(),
        reason: next.status_reason.clone(),
        by: next.status_by.clone(),
        closes_at: next.closes_at.map(timestamp),
        epoch: next.epoch,
    };
    bus::emit(tx, cx, next.tenant_id.uuid(), &fact).await?;
    if next.status == Status::Closed {
        free_hosts(tx, cx, next.tenant_id).await?;
    }
    Ok(Some(next))
}

/// Gives up every host of a tenant that is closed: another may prove them.
async fn free_hosts(tx: &mut TenantTx, cx: &Cx, tenant: TenantId) -> Result<()> {
    for (id, host) in store::delete_domains(tx).await? {
        let fact = DomainLost { domain_id: id.to_string(), host: host.as_str().to_owned() };
        bus::emit(tx, cx, tenant.uuid(), &fact).await?;
    }
    Ok(())
}
