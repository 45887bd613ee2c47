//! Tells of invitations whose time is over. Nothing waits for it: what is expired says the clock.

use kernel::{Cx, InviteId, TenantId, Timestamp};
use pg::TenantTx;
use wire::{timestamp, user::v1::InviteExpired};

use super::note_step::note_step;
use crate::{
    App, Result,
    domain::{Invite, InviteStatus, Step},
    store,
};

/// How many invitations are read at a time.
const BATCH: i64 = 200;

/// Tells of every invitation of any tenant that ended untold, each in a transaction of its own and under its lock; how
/// many it told of. Any number of processes may look at a time, and one tells.
pub(crate) async fn tell_expired(app: &App) -> Result<usize> {
    let mut told = 0;
    loop {
        let mut tx = app.db.platform("list_lapsed", "invitations of all tenants end").await?;
        let lapsed = store::list_lapsed(&mut tx, app.clock.now(), BATCH).await?;
        tx.commit().await?;
        let before = told;
        for (tenant, id) in lapsed {
            match tell(app, tenant, id).await {
                Ok(new) => told += usize::from(new),
                Err(problem) => {
                    tracing::warn!(tenant.id = %tenant, invite.id = %id, %problem, "an end could not be told");
                }
            }
        }
        // What could not be told stays listed; it is for the next time.
        if told == before {
            return Ok(told);
        }
    }
}

async fn tell(app: &App, tenant: TenantId, id: InviteId) -> Result<bool> {
    let cx = Cx::of_service(crate::NAME, Some(tenant), &app.clock);
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "tell_expired").await?;
    let told = match store::lock_invite(&mut tx, id).await? {
        Some(invite) if invite.standing(now) == InviteStatus::Expired => {
            tell_end(&mut tx, &cx, &invite, now).await?
        }
        _ => false,
    };
    tx.commit().await?;
    Ok(told)
}

/// Tells that the time of a locked invitation is over; false where that was told before.
pub(super) async fn tell_end(
    tx: &mut TenantTx,
    cx: &Cx,
    invite: &Invite,
    now: Timestamp,
) -> Result<bool> {
    if !store::mark_expiry_told(tx, invite.invite_id, now).await? {
        return Ok(false);
    }
    note_step(tx, cx, invite, Step::Expired, now).await?;
    let fact = InviteExpired {
        invite_id: invite.invite_id.to_string(),
        email: invite.email.to_string(),
        reference: invite.reference.clone(),
        expires_at: Some(timestamp(invite.expires_at)),
    };
    bus::emit(tx, cx, invite.invite_id.uuid(), &fact).await?;
    Ok(true)
}
