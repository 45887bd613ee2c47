//! Asks for another address.

use kernel::{Actor, Cx, Email, Locale, TenantId, Timestamp, UserId};
use pg::{TenantTx, replies};
use secrecy::SecretString;
use wire::{timestamp, user::v1::EmailChangeRequested};

use super::EMAIL_KEY;
use crate::{
    App, Error, Result,
    domain::{
        ChangeStatus, DAY, EmailChange, EmailRefusal, EmailToken, Person, PersonStatus, Side,
        allow_wish,
    },
    peers, store,
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "RequestEmailChange";

/// The wish for another address.
#[derive(Debug)]
pub(crate) struct RequestEmailChange {
    pub(crate) new_email: Email,
    pub(crate) password: SecretString,
    /// A digest of the request without the password, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// The wish as it stands then; a letter to each address follows. Whoever has the session does not have the person's
/// address yet: the password is asked for again, or a fresh proof. Nothing here looks whether somebody has the new address.
pub(crate) async fn request_email_change(
    app: &App,
    cx: &Cx,
    command: RequestEmailChange,
) -> Result<EmailChange> {
    let RequestEmailChange { new_email, password, fingerprint } = command;
    let Actor::User { id: me, session } = cx.actor else {
        return Err(Error::PersonNotFound);
    };
    peers::prove_again(app, cx, &password).await?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "request_email_change").await?;
    match replies::recall(&mut tx, cx, OPERATION, &fingerprint).await? {
        replies::Known::Nothing => {}
        replies::Known::Reply(reply) => return Ok(serde_json::from_slice(&reply)?),
        replies::Known::Other => return Err(Error::KeyReused),
    }
    let person = store::lock_person(&mut tx, me).await?.ok_or(Error::PersonNotFound)?;
    if person.status != PersonStatus::Active {
        return Err(Error::PersonDisabled);
    }
    if person.email == new_email {
        return Err(EmailRefusal::Same.into());
    }
    allow(&mut tx, me, &new_email, now).await?;
    if let Some(former) = store::lock_pending_email_change(&mut tx, me).await? {
        let former = former.ended(ChangeStatus::Replaced);
        store::update_email_change(&mut tx, &former, now).await?;
    }
    let spoken = store::profile(&mut tx, me).await?.and_then(|profile| profile.locale);
    let locale = match spoken.as_deref().map(Locale::parse) {
        Some(Ok(locale)) => locale,
        // Letters are in English to those who did not say, or whose language we do not write in.
        _ => Locale::parse("").map_err(|_| Error::BadFact("locale"))?,
    };
    let change = EmailChange {
        change_id: app.clock.new_id(),
        user_id: me,
        session_id: session,
        old_email: person.email.clone(),
        new_email,
        locale,
        status: ChangeStatus::Pending,
        old_confirmed_at: None,
        new_confirmed_at: None,
        created_at: now,
        expires_at: EmailChange::end(now),
    };
    let key = app.vault.derive(EMAIL_KEY);
    let hash = |side| EmailToken::derive(key.expose(), change.change_id, side).hash();
    store::insert_email_change(&mut tx, &change, &hash(Side::Old), &hash(Side::New)).await?;
    bus::audit(&mut tx, cx, "email.change.request", &format!("user:{me}")).await?;
    bus::emit(&mut tx, cx, change.change_id, &requested(&change, &person)).await?;
    replies::keep(&mut tx, cx, OPERATION, &serde_json::to_vec(&change)?).await?;
    tx.commit().await?;
    Ok(change)
}

/// Refuses a wish beyond those of a day, also where others wish for the same address: each wish sends it a letter.
async fn allow(tx: &mut TenantTx, me: UserId, email: &Email, now: Timestamp) -> Result<()> {
    let since = now.before(DAY);
    let (wishes, oldest) = store::wishes_of(tx, me, since).await?;
    allow_wish(wishes, oldest, now)?;
    store::lock_wishes_for(tx, email).await?;
    let (wishes, oldest) = store::wishes_for(tx, email, since).await?;
    allow_wish(wishes, oldest, now)?;
    Ok(())
}

fn requested(change: &EmailChange, person: &Person) -> EmailChangeRequested {
    EmailChangeRequested {
        change_id: change.change_id.to_string(),
        user_id: change.user_id.to_string(),
        name: person.name.to_string(),
        old_email: change.old_email.to_string(),
        new_email: change.new_email.to_string(),
        locale: change.locale.to_string(),
        expires_at: Some(timestamp(change.expires_at)),
    }
}
