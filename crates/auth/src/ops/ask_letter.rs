//! Asks for a letter that lets a person in.

use aws_lc_rs::rand;
use kernel::{Cx, Email, LetterId, Locale, TenantId, Timestamp, UserId};
use pg::TenantTx;
use wire::auth::v1::LetterAsked;

use super::{LETTER_KEY, count_try::count_one};
use crate::{
    App, Error, Result,
    domain::{Account, Key, Letter, LetterKind, Source, Subject, Tries},
    store,
};

/// What is asked for, by whoever typed this address.
#[derive(Debug)]
pub(crate) struct AskLetter {
    pub(crate) kind: LetterKind,
    pub(crate) email: Email,
    pub(crate) locale: Locale,
}

/// What the asking browser is told; the same for every address.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Where the letter is bound to the browser.
    pub(crate) binding: Option<Key>,
    pub(crate) expires_at: Timestamp,
}

/// Keeps the letter and tells the notifier. An address that signs nobody in, or one to which enough letters went, leads
/// to the same rows and the same fact, without a person and an address.
pub(crate) async fn ask_letter(app: &App, cx: &Cx, command: AskLetter) -> Result<Asked> {
    let AskLetter { kind, email, locale } = command;
    let now = app.clock.now();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "ask_letter").await?;
    if let Some(source) = Source::read(cx.ip.as_deref()) {
        count_one(&mut tx, Tries::LettersOfSource, &Subject::source(&source), now).await?;
    }
    let addressee = addressee(&mut tx, &email, now).await?;
    let letter = Letter {
        letter_id: app.clock.new_id::<LetterId>(),
        kind,
        user_id: addressee,
        tries: 0,
        created_at: now,
        expires_at: now.after(kind.life()),
        used_at: None,
    };
    let binding = match kind {
        LetterKind::SignIn | LetterKind::Address => Some(random_key()?),
        LetterKind::PasswordReset => None,
    };
    let token = Key::from(app.vault.derive(LETTER_KEY).token(letter.letter_id.uuid().as_bytes()));
    store::insert_letter(&mut tx, &letter, &token, binding.as_ref()).await?;
    let target = addressee.map_or_else(|| "user:unknown".into(), |id| format!("user:{id}"));
    bus::audit(&mut tx, cx, "letter.ask", &format!("{target} {kind}")).await?;
    let fact = LetterAsked {
        letter_id: letter.letter_id.to_string(),
        kind: kind.to_string(),
        email: addressee.map(|_| email.to_string()).unwrap_or_default(),
        locale: locale.to_string(),
    };
    bus::emit(&mut tx, cx, letter.letter_id.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(Asked { binding, expires_at: letter.expires_at })
}

/// Whom the address signs in, unless enough letters went there lately.
async fn addressee(tx: &mut TenantTx, email: &Email, now: Timestamp) -> Result<Option<UserId>> {
    let known = store::active_by_email(tx, email).await?.map(|(user_id, ..)| user_id);
    let account = match known {
        Some(user_id) => Account::Person(user_id),
        None => Account::Nobody(email.clone()),
    };
    match count_one(tx, Tries::Letters, &Subject::account(&account), now).await {
        Ok(()) => Ok(known),
        Err(Error::TooManyTries(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

fn random_key() -> Result<Key> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    Ok(Key::of(&random))
}
