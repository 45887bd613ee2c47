//! Asks for a letter by which whoever is signed in proves their address.

use kernel::{Cx, Locale, TenantId, UserId};

use super::{
    ask_letter::{AskLetter, Asked, ask_letter},
    require_fresh::require_session,
};
use crate::{App, Error, Result, domain::LetterKind, store};

/// Has a letter sent to the address that signs the person in, whatever they would type.
pub(crate) async fn ask_address_letter(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    locale: Locale,
) -> Result<Asked> {
    require_session(cx)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "find_own_address").await?;
    let (_, email) = store::active_of(&mut tx, user_id).await?.ok_or(Error::CredentialNotFound)?;
    tx.commit().await?;
    ask_letter(app, cx, AskLetter { kind: LetterKind::Address, email, locale }).await
}
