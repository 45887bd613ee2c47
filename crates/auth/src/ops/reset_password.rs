//! Sets a new password by a link in the mail.

use kernel::{Cx, TenantId};
use secrecy::SecretString;

use super::{
    change_password::choose,
    end_sessions::{EndSessions, end_sessions_in},
    prove_address::tell_proven,
    replace_password::replace_password,
};
use crate::{
    App, Error, Result,
    domain::{Account, ChangeCause, EndCause, Key, LetterKind, Subject, Tries},
    store,
};

/// What stood at the end of the link, and what was typed.
#[derive(Debug)]
pub(crate) struct ResetPassword {
    pub(crate) token: Key,
    pub(crate) new: SecretString,
}

/// Uses the letter up, keeps the password, ends every session and, where the password is the whole proof, forgets the
/// tries at the account. Whoever opened the letter reads the mail of the address, which is told. Of those that try at once one wins. A second factor stays what it was.
pub(crate) async fn reset_password(app: &App, cx: &Cx, command: ResetPassword) -> Result<()> {
    let ResetPassword { token, new } = command;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "find_letter").await?;
    let letter = store::letter_by_token(&mut tx, &token).await?;
    let letter = letter.filter(|letter| letter.kind == LetterKind::PasswordReset);
    let letter = letter.ok_or(Error::LetterNotFound)?;
    letter.open(app.clock.now())?;
    let user_id = letter.user_id.ok_or(Error::LetterNotFound)?;
    let (_, email) = store::active_of(&mut tx, user_id).await?.ok_or(Error::LetterNotFound)?;
    let enrolled = store::enrolled_at(&mut tx, user_id).await?.is_some();
    let words = store::place_words(&mut tx, user_id).await?;
    tx.commit().await?;
    let new = choose(app, user_id, &new, &email, &words, enrolled).await?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "reset_password").await?;
    store::lock_person(&mut tx, user_id).await?;
    if store::is_closed(&mut tx, user_id).await? {
        return Err(Error::LetterNotFound);
    }
    if !store::claim_letter(&mut tx, letter.letter_id, now).await? {
        let letter = store::letter(&mut tx, letter.letter_id).await?;
        letter.ok_or(Error::LetterNotFound)?.open(now)?;
        return Err(Error::LetterNotFound);
    }
    replace_password(&mut tx, app, cx, user_id, &new, ChangeCause::Reset).await?;
    let wish = EndSessions { user_id, kept: None, cause: EndCause::PasswordReset };
    end_sessions_in(&mut tx, app, cx, wish).await?;
    tell_proven(&mut tx, cx, user_id).await?;
    if !enrolled {
        let account = Subject::account(&Account::Person(user_id));
        store::delete_tally(&mut tx, Tries::Account, &account).await?;
    }
    tx.commit().await?;
    Ok(())
}
