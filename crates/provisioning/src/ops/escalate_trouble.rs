//! Tells that a client's trouble takes too long, once.

use kernel::{ClientId, Cx, Timestamp};
use wire::{provisioning::v1::ClientEscalated, timestamp};

use super::{locked, open_trouble::open_trouble, tenant_of};
use crate::{
    App, Result,
    domain::{Remedy, Trouble, TroubleKind, lateness},
    store::{self, Limits},
};

/// Puts a late client into the queue, unless it is there or has come further since it was found.
pub(super) async fn note_lateness(
    app: &App,
    cx: &Cx,
    id: ClientId,
    limits: Limits,
) -> Result<bool> {
    let mut tx = app.db.tenant(tenant_of(cx)?, "note_lateness").await?;
    let client = locked(&mut tx, id, limits.now).await?;
    let (kind, cause) = lateness(&client);
    let late = match kind {
        TroubleKind::Unaccepted => {
            client.invite_expires_at.is_some_and(|end| end <= limits.now)
                && !client.is_under_way()
                && client.confirmed_at.is_none()
        }
        _ => client.is_under_way() && client.confirmed_at.is_some_and(|at| at <= limits.accepted),
    };
    if !late
        || store::lock_open_trouble(&mut tx, id, limits.now).await?.is_some()
        || store::was_late(&mut tx, id).await?
    {
        return Ok(false);
    }
    open_trouble(&mut tx, &client, kind, &cause, limits.now).await?;
    bus::audit(&mut tx, cx, "trouble.open", &format!("client:{id}")).await?;
    tx.commit().await?;
    Ok(true)
}

/// Tells of the client's open trouble, unless that was told, is over, or somebody has touched it since it was found.
pub(super) async fn escalate_trouble(
    app: &App,
    cx: &Cx,
    id: ClientId,
    limits: Limits,
) -> Result<bool> {
    let mut tx = app.db.tenant(tenant_of(cx)?, "escalate_trouble").await?;
    // The client first: everybody locks in this order.
    locked(&mut tx, id, limits.now).await?;
    let Some(trouble) = store::lock_open_trouble(&mut tx, id, limits.now).await? else {
        return Ok(false);
    };
    if trouble.escalated_at.is_some() || !takes_too_long(&trouble, limits.touched) {
        return Ok(false);
    }
    let trouble = Trouble { escalated_at: Some(limits.now), ..trouble };
    store::update_trouble(&mut tx, &trouble).await?;
    bus::audit(&mut tx, cx, "trouble.escalate", &format!("client:{id}")).await?;
    let fact = ClientEscalated {
        client_id: id.to_string(),
        kind: trouble.kind.to_string(),
        reason: trouble.reason.clone(),
        message: trouble.message.clone(),
        action: Remedy::of(&trouble.reason).to_string(),
        opened_at: Some(timestamp(trouble.opened_at)),
    };
    bus::emit(&mut tx, cx, id.uuid(), &fact).await?;
    tx.commit().await?;
    metrics::counter!("usher_onboarding_clients_escalated_total", "kind" => trouble.kind.as_str())
        .increment(1);
    Ok(true)
}

/// An overdue client is late as such; another trouble only when nobody cares. An invitation is the client's to accept.
fn takes_too_long(trouble: &Trouble, touched: Timestamp) -> bool {
    match trouble.kind {
        TroubleKind::Overdue => true,
        TroubleKind::Unaccepted => false,
        TroubleKind::Failed | TroubleKind::Stuck | TroubleKind::Degraded => {
            trouble.touched_at <= touched
        }
    }
}
