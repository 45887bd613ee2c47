//! Shows the change of an address behind a link, as often as mail scanners like.

use kernel::TenantId;

use super::find_email_change::{EmailChangeLetter, find_email_change};
use crate::{App, Result, domain::EmailToken};

/// The change, whatever became of it; changes nothing.
pub(crate) async fn show_email_change(app: &App, token: &EmailToken) -> Result<EmailChangeLetter> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "show_email_change").await?;
    let found = find_email_change(&mut tx, token).await?;
    tx.commit().await?;
    Ok(found)
}
