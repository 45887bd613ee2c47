//! Begins with a passkey for somebody new, who then accepts by it.

use kernel::Cx;

use super::find_invitation::find_invitation;
use crate::{
    App, Error, Result,
    domain::{PasskeyRefusal, PersonStatus, Token},
    peers,
};

/// Asks for a key on the invited person's device; changes nothing of the invitation. Somebody who can sign in does.
pub(crate) async fn begin_invitation_passkey(
    app: &App,
    cx: &Cx,
    token: &Token,
) -> Result<peers::PasskeyAsked> {
    let mut tx = app.db.tenant(token.tenant(), "begin_invitation_passkey").await?;
    let (_, person) = find_invitation(&mut tx, token, app.clock.now()).await?;
    tx.commit().await?;
    match person.status {
        PersonStatus::Invited => peers::begin_staged_passkey(app, cx, &person).await,
        PersonStatus::Active => Err(PasskeyRefusal::SignInInstead.into()),
        PersonStatus::Disabled => Err(Error::PersonDisabled),
    }
}
