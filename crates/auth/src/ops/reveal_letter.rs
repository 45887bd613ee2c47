//! Tells the notifier what a letter says.

use kernel::{LetterId, Timestamp};
use secrecy::SecretString;

use super::{CODE_KEY, LETTER_KEY};
use crate::{
    App, Error, Result,
    domain::{Digits, Key, LetterKind},
    store,
};

/// What stands in a letter.
#[derive(Debug)]
pub(crate) struct Secrets {
    pub(crate) url: SecretString,
    pub(crate) code: Option<Digits>,
    pub(crate) expires_at: Timestamp,
}

/// Link and code of a letter that is open; the same however often they are asked for.
pub(crate) async fn reveal_letter(app: &App, letter_id: LetterId) -> Result<Secrets> {
    let mut tx = app
        .db
        .platform("reveal_letter", "people are global, and so are letters that let them in")
        .await?;
    let letter = store::letter(&mut tx, letter_id).await?.ok_or(Error::LetterNotFound)?;
    letter.open(app.clock.now())?;
    if letter.user_id.is_none() {
        return Err(Error::LetterNotFound);
    }
    // The key may have been rotated since the letter was asked for.
    let subject = letter_id.uuid();
    let mut token = None;
    for key in app.vault.derive_each(LETTER_KEY) {
        let derived = Key::from(key.token(subject.as_bytes()));
        let found = store::letter_by_token(&mut tx, &derived).await?;
        if found.is_some_and(|found| found.letter_id == letter_id) {
            token = Some(derived);
            break;
        }
    }
    tx.commit().await?;
    let token = token.ok_or(Error::LetterNotFound)?;
    let (page, code) = match letter.kind {
        LetterKind::PasswordReset => ("reset", None),
        LetterKind::SignIn => ("signin/letter", Some(code(app, letter_id))),
        LetterKind::Address => ("account/address", Some(code(app, letter_id))),
    };
    let url = format!("{}/{page}/{}", app.public_url, token.expose()).into();
    Ok(Secrets { url, code, expires_at: letter.expires_at })
}

/// The code of a letter under the current key.
fn code(app: &App, letter_id: LetterId) -> Digits {
    Digits::of(&app.vault.derive(CODE_KEY).token(letter_id.uuid().as_bytes()))
}
