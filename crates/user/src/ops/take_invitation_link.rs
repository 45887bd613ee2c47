//! Hands the link of an invitation to whoever made it.

use kernel::{Cx, InviteId, TenantId};

use super::{
    note_step::note_step,
    reveal_invitation_link::{Link, link},
};
use crate::{App, Error, Result, domain::Step, store};

/// The link, once: the second time it is refused, whoever asks. Where the tenant lets no link be shown, always.
pub(crate) async fn take_invitation_link(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: InviteId,
) -> Result<Link> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "take_invitation_link").await?;
    store::tenant_rules(&mut tx).await?.show_link()?;
    let invite = store::lock_invite(&mut tx, id).await?.ok_or(Error::InvitationNotFound)?;
    invite.open(now)?;
    if !store::take_link(&mut tx, id, &cx.actor.label(), now).await? {
        return Err(Error::LinkTaken);
    }
    let hash = store::link_hash(&mut tx, id).await?;
    note_step(&mut tx, cx, &invite, Step::LinkTaken, now).await?;
    bus::audit(&mut tx, cx, "invite.link.take", &format!("invite:{id}")).await?;
    tx.commit().await?;
    link(app, tenant, invite, &hash)
}
