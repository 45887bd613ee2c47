//! Tells the notifier the link to mail to one of both addresses.

use kernel::{TenantId, Timestamp};
use secrecy::SecretString;
use uuid::Uuid;

use super::EMAIL_KEY;
use crate::{
    App, Result,
    domain::{EmailRefusal, EmailToken, Side},
    store,
};

/// A link and its end.
#[derive(Debug)]
pub(crate) struct EmailChangeLink {
    pub(crate) url: SecretString,
    pub(crate) expires_at: Timestamp,
}

/// The link of an open change; the same however often it is asked for.
pub(crate) async fn reveal_email_change_link(
    app: &App,
    change_id: Uuid,
    side: Side,
) -> Result<EmailChangeLink> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "reveal_email_change_link").await?;
    let change = store::email_change(&mut tx, change_id).await?.ok_or(EmailRefusal::NotFound)?;
    let hash = store::email_change_hash(&mut tx, change_id, side).await?;
    tx.commit().await?;
    change.open(app.clock.now())?;
    // The key may have been rotated since the link was made.
    let token = app
        .vault
        .derive_each(EMAIL_KEY)
        .map(|key| EmailToken::derive(key.expose(), change_id, side))
        .find(|token| token.hash() == hash)
        .ok_or(EmailRefusal::LinkLost)?;
    Ok(EmailChangeLink {
        url: app.public_url.email_change(token.text()).into(),
        expires_at: change.expires_at,
    })
}
