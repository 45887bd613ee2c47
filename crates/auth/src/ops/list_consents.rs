//! Shows a person what they have agreed that apps may do.

use kernel::UserId;

use crate::{App, Result, domain::Consent, store};

/// The person's consents, the oldest first.
pub(crate) async fn list_consents(app: &App, user_id: UserId) -> Result<Vec<Consent>> {
    let reason = "people agree to apps in any tenant";
    let mut tx = app.db.platform("list_consents", reason).await?;
    let consents = store::consents_of(&mut tx, user_id).await?;
    tx.commit().await?;
    Ok(consents)
}
