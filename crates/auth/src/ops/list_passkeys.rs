//! Lists a person's passkeys.

use kernel::UserId;

use crate::{App, Result, domain::Passkey, store};

/// All of them, the oldest first: there are few.
pub(crate) async fn list_passkeys(app: &App, user_id: UserId) -> Result<Vec<Passkey>> {
    let mut tx =
        app.db.platform("list_passkeys", "people are global, and so are their passkeys").await?;
    let passkeys = store::passkeys_of(&mut tx, user_id).await?;
    tx.commit().await?;
    Ok(passkeys)
}
