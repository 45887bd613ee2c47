//! Finds the change of an address behind the link of a letter.

use pg::{PlatformTx, Tx};

use crate::{
    Result,
    domain::{EmailChange, EmailRefusal, EmailToken, Side},
    store,
};

/// A change as whoever reads one of its letters meets it.
#[derive(Debug)]
pub(crate) struct EmailChangeLetter {
    pub(crate) side: Side,
    pub(crate) change: EmailChange,
}

/// The change behind a link, read without a lock; changes nothing.
pub(super) async fn find_email_change<Scope>(
    tx: &mut Tx<Scope>,
    token: &EmailToken,
) -> Result<EmailChangeLetter> {
    let found = store::email_change_by_link(tx, &token.hash()).await?;
    let (change, side) = found.ok_or(EmailRefusal::NotFound)?;
    Ok(EmailChangeLetter { side, change })
}

/// The same change, which nobody else moves until the transaction ends. Its person is locked by the caller.
pub(super) async fn lock_letter(
    tx: &mut PlatformTx,
    seen: &EmailChangeLetter,
) -> Result<EmailChangeLetter> {
    let held = store::lock_email_change(tx, seen.change.change_id).await?;
    Ok(EmailChangeLetter { side: seen.side, change: held.ok_or(EmailRefusal::NotFound)? })
}
