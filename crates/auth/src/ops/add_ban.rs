//! Bans a source.

use std::time::Duration;

use kernel::{Cx, TenantId};
use pg::TenantTx;
use uuid::Uuid;
use wire::{auth::v1::SourceBanned, timestamp};

use crate::{
    App, Result,
    domain::{Ban, BanRefusal, BannedSource},
    store,
};

/// What is to be banned, why, and for how long.
#[derive(Debug)]
pub(crate) struct AddBan {
    pub(crate) source: BannedSource,
    pub(crate) reason: String,
    pub(crate) ttl: Option<Duration>,
}

/// The ban as it stands then, in the place of a former one of the same source.
pub(crate) async fn add_ban(app: &App, cx: &Cx, command: AddBan) -> Result<Ban> {
    let AddBan { source, reason, ttl } = command;
    if source.holds(cx.ip.as_deref()) {
        return Err(BanRefusal::OwnAddress.into());
    }
    let now = app.clock.now();
    let ban = Ban {
        ban_id: app.clock.new_id::<Uuid>(),
        kind: source.kind(),
        source: source.text(),
        reason,
        automatic: false,
        strikes: 0,
        created_at: now,
        created_by: cx.actor.label(),
        expires_at: ttl.map(|ttl| now.after(ttl)),
    };
    let mut tx = app.db.tenant(TenantId::PLATFORM, "add_ban").await?;
    let ban = keep_ban(&mut tx, cx, &ban).await?;
    tx.commit().await?;
    Ok(ban)
}

/// Keeps a ban, audits it and tells of it.
pub(super) async fn keep_ban(tx: &mut TenantTx, cx: &Cx, ban: &Ban) -> Result<Ban> {
    let kept = store::upsert_ban(tx, ban).await?;
    let target = format!("ban:{} {}", kept.ban_id, kept.source);
    bus::audit(tx, cx, "ban.add", &target).await?;
    let fact = SourceBanned {
        ban_id: kept.ban_id.to_string(),
        kind: kept.kind.to_string(),
        automatic: kept.automatic,
        expires_at: kept.expires_at.map(timestamp),
    };
    bus::emit(tx, cx, kept.ban_id, &fact).await?;
    Ok(kept)
}
