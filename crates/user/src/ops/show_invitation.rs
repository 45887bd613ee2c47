//! Shows the invitation behind a link, as often as mail scanners like.

use kernel::{Cx, TenantId};
use pg::TenantTx;

use super::{find_invitation::find_invitation, note_step::note_step};
use crate::{
    App, Result,
    domain::{Delivery, Invite, InviteStatus, PersonStatus, Step, Token},
    peers, store,
};

/// What the invited person sees.
#[derive(Debug)]
pub(crate) struct Invitation {
    pub(crate) invite: Invite,
    pub(crate) tenant: TenantId,
    pub(crate) tenant_slug: String,
    pub(crate) tenant_name: String,
    pub(crate) needs_password: bool,
}

/// The open invitation behind the link. Changes nothing but, where a person has `seen` it and the tenant wants to know, that
/// it was opened.
pub(crate) async fn show_invitation(
    app: &App,
    cx: &Cx,
    token: &Token,
    seen: bool,
) -> Result<Invitation> {
    let tenant = token.tenant();
    let mut tx = app.db.tenant(tenant, "show_invitation").await?;
    let (invite, person) = find_invitation(&mut tx, token, app.clock.now()).await?;
    if seen
        && invite.delivery != Delivery::Opened
        && store::invite_policy(&mut tx).await?.openings_noted
    {
        note_opening(app, &mut tx, cx, token, &invite).await?;
    }
    tx.commit().await?;
    let (tenant_slug, tenant_name) = peers::tenant_address(app, cx, tenant).await?;
    let needs_password = person.status == PersonStatus::Invited;
    Ok(Invitation { invite, tenant, tenant_slug, tenant_name, needs_password })
}

/// Notes once for each sending that somebody looked. A former link whose overlap lasts says nothing of the newest letter.
async fn note_opening(
    app: &App,
    tx: &mut TenantTx,
    cx: &Cx,
    token: &Token,
    invite: &Invite,
) -> Result<()> {
    let Some(held) = store::lock_invite(tx, invite.invite_id).await? else {
        return Ok(());
    };
    let is_new = held.delivery != Delivery::Opened && held.status == InviteStatus::Pending;
    if is_new && store::link_hash(tx, held.invite_id).await? == token.hash() {
        note_step(tx, cx, &held, Step::Opened, app.clock.now()).await?;
        store::update_delivery(tx, held.invite_id, Delivery::Opened).await?;
    }
    Ok(())
}
