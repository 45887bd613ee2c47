//! Invites a person to a tenant.

use kernel::{Cx, TenantId};
use pg::replies;

use super::make_invite::make_invite;
use crate::{
    App, Error, Result,
    domain::{Invite, InviteWish},
    peers,
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "CreateInvite";

/// The wish to invite somebody.
#[derive(Debug)]
pub(crate) struct CreateInvite {
    pub(crate) wish: InviteWish,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// Invites, or answers what stands already: the live invitation to this address, or the accepted one of a member.
pub(crate) async fn create_invite(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: CreateInvite,
) -> Result<Invite> {
    let CreateInvite { wish, fingerprint } = command;
    let locale = match &wish.locale {
        Some(locale) => locale.clone(),
        None => peers::tenant_locale(app, cx, tenant).await?,
    };
    let mut tx = app.db.tenant(tenant, "create_invite").await?;
    match replies::recall(&mut tx, cx, OPERATION, &fingerprint).await? {
        replies::Known::Nothing => {}
        replies::Known::Reply(reply) => return Ok(serde_json::from_slice(&reply)?),
        replies::Known::Other => return Err(Error::KeyReused),
    }
    let invite = make_invite(app, cx, tenant, &mut tx, wish, locale).await?.invite();
    replies::keep(&mut tx, cx, OPERATION, &serde_json::to_vec(&invite)?).await?;
    tx.commit().await?;
    Ok(invite)
}
