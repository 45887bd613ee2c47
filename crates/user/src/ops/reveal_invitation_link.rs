//! Tells the notifier the link to mail.

use kernel::{InviteId, TenantId};
use secrecy::SecretString;

use super::TOKEN_KEY;
use crate::{
    App, Error, Result,
    domain::{Invite, Token, TokenHash},
    store,
};

/// An invitation and its link.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) invite: Invite,
    pub(crate) url: SecretString,
}

/// The newest link of an open invitation; the same however often it is asked for.
pub(crate) async fn reveal_invitation_link(
    app: &App,
    tenant: TenantId,
    id: InviteId,
) -> Result<Link> {
    // Locked, so that the hash is that of the sending just read.
    let mut tx = app.db.tenant(tenant, "reveal_invitation_link").await?;
    let invite = store::lock_invite(&mut tx, id).await?.ok_or(Error::InvitationNotFound)?;
    let hash = store::link_hash(&mut tx, id).await?;
    tx.commit().await?;
    invite.open(app.clock.now())?;
    link(app, tenant, invite, &hash)
}

/// The link of an invitation whose newest token has this hash.
pub(super) fn link(app: &App, tenant: TenantId, invite: Invite, hash: &TokenHash) -> Result<Link> {
    // The key may have been rotated since the link was made.
    let token = app
        .vault
        .derive_each(TOKEN_KEY)
        .map(|key| Token::derive(key.expose(), tenant, invite.invite_id, invite.sends))
        .find(|token| token.hash() == *hash)
        .ok_or(Error::LinkLost)?;
    Ok(Link { url: app.public_url.invitation(token.text()).into(), invite })
}
