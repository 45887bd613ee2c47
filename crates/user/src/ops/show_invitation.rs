//! Shows the invitation behind a link, as often as mail scanners like.

use kernel::Cx;

use super::find_invitation::find_invitation;
use crate::{
    App, Result,
    domain::{Invite, PersonStatus, Token},
    peers,
};

/// What the invited person sees.
#[derive(Debug)]
pub(crate) struct Invitation {
    pub(crate) invite: Invite,
    pub(crate) tenant_name: String,
    pub(crate) needs_password: bool,
}

/// The open invitation behind the link; changes nothing.
pub(crate) async fn show_invitation(app: &App, cx: &Cx, token: &Token) -> Result<Invitation> {
    let mut tx = app.db.tenant(token.tenant(), "show_invitation").await?;
    let (invite, person) = find_invitation(&mut tx, token, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Invitation {
        tenant_name: peers::tenant_name(app, cx, token.tenant()).await?,
        needs_password: person.status == PersonStatus::Invited,
        invite,
    })
}
