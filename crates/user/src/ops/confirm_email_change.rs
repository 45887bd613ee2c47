//! Confirms another address: the second yes makes it the person's own.

use kernel::{Cx, Timestamp};
use pg::PlatformTx;
use wire::user::v1::{PersonEmailChanged, PersonStanding as Told};

use super::{
    end_email_change::{end_email_change, platform},
    find_email_change::{EmailChangeLetter, find_email_change, lock_letter},
};
use crate::{
    App, Error, Result,
    domain::{
        ChangeStatus, EmailChange, EmailRefusal, EmailToken, Person, PersonStanding, PersonStatus,
        words_of,
    },
    peers, store,
};

/// What came of a yes.
enum Outcome {
    /// The change as it stands.
    Stands(EmailChangeLetter),
    /// The new address holds.
    Holds(EmailChangeLetter, PersonStanding),
}

/// Says yes at the address that the link was sent to. Of two people who want one address the first gets it; the other is
/// told that it cannot be used, and not whose it is.
pub(crate) async fn confirm_email_change(
    app: &App,
    cx: &Cx,
    token: &EmailToken,
) -> Result<EmailChangeLetter> {
    let outcome = match confirm(app, cx, token).await {
        // Somebody got the address between the look and the change: looking again tells it.
        Err(Error::EmailTaken) => confirm(app, cx, token).await?,
        outcome => outcome?,
    };
    match outcome {
        Outcome::Stands(letter) => Ok(letter),
        Outcome::Holds(letter, standing) => {
            // So that the person can sign in at once; should this fail, `auth` does it when it hears the fact.
            let kept = Some(letter.change.session_id);
            if let Err(error) = peers::follow_person(app, cx, &standing, kept).await {
                tracing::warn!(user.id = %standing.user_id, %error, "the new address signs nobody in yet");
            }
            Ok(letter)
        }
    }
}

/// One transaction. Invitations come before the person and the person before the change, as everywhere.
async fn confirm(app: &App, cx: &Cx, token: &EmailToken) -> Result<Outcome> {
    let now = app.clock.now();
    let mut tx = platform(app, "confirm_email_change").await?;
    let seen = find_email_change(&mut tx, token).await?;
    store::lock_pending_everywhere(&mut tx, seen.change.user_id).await?;
    let person = store::lock_person(&mut tx, seen.change.user_id).await?;
    let person = person.ok_or(Error::PersonNotFound)?;
    let held = lock_letter(&mut tx, &seen).await?;
    let Some(change) = held.change.confirm(held.side, now)? else {
        return Ok(Outcome::Stands(held));
    };
    if person.status != PersonStatus::Active {
        return Err(Error::PersonDisabled);
    }
    if change.status != ChangeStatus::Done {
        store::update_email_change(&mut tx, &change, now).await?;
        let target = format!("user:{} {}", person.user_id, held.side);
        bus::audit(&mut tx, cx, "email.change.confirm", &target).await?;
        tx.commit().await?;
        return Ok(Outcome::Stands(EmailChangeLetter { change, ..held }));
    }
    if store::is_known_address(&mut tx, &change.new_email).await? {
        let unusable = change.ended(ChangeStatus::Unusable);
        end_email_change(&mut tx, cx, &unusable, "email.change.unusable", now).await?;
        tx.commit().await?;
        return Err(EmailRefusal::Unusable.into());
    }
    let standing = make_own(&mut tx, cx, &person, &change, now).await?;
    tx.commit().await?;
    Ok(Outcome::Holds(EmailChangeLetter { change, ..held }, standing))
}

/// Makes the new address the person's: they sign in by it, are found by it in every tenant, and invitations that wait
/// for them are theirs under it.
async fn make_own(
    tx: &mut PlatformTx,
    cx: &Cx,
    person: &Person,
    change: &EmailChange,
    now: Timestamp,
) -> Result<PersonStanding> {
    let user_id = person.user_id;
    store::update_address(tx, user_id, &change.new_email).await?;
    store::update_email_change(tx, change, now).await?;
    store::replace_address_everywhere(tx, user_id, &person.email, &change.new_email).await?;
    let words = words_of(change.new_email.as_str(), person.name.as_str());
    store::replace_words_everywhere(tx, user_id, &words).await?;
    let standing = store::person_standing(tx, user_id).await?;
    bus::audit(tx, cx, "email.change.done", &format!("user:{user_id}")).await?;
    let fact = PersonEmailChanged {
        standing: Some(told(&standing)),
        change_id: change.change_id.to_string(),
        kept_session_id: change.session_id.to_string(),
    };
    bus::emit(tx, cx, user_id.uuid(), &fact).await?;
    Ok(standing)
}

/// The standing as facts tell it.
pub(super) fn told(standing: &PersonStanding) -> Told {
    Told {
        user_id: standing.user_id.to_string(),
        version: standing.version,
        email: standing.email.to_string(),
        status: standing.status.to_string(),
    }
}
