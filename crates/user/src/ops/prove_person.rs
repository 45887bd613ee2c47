//! Has an invited person show by a password who they are.

use kernel::Cx;
use secrecy::SecretString;

use super::{find_invitation::find_invitation, note_step::note_step};
use crate::{
    App, Error, Result,
    domain::{Invite, Person, PersonStatus, Step, Token},
    peers, store,
};

/// How the person has shown who they are.
pub(super) enum Proof {
    /// Chose a password now; it waits under this id to be activated.
    Staged(String),
    /// Knew the password they have.
    Known,
    /// Is signed in.
    Session,
}

impl Proof {
    /// The word for it in facts.
    pub(super) const fn method(&self) -> &'static str {
        match self {
            Self::Staged(_) => "new_password",
            Self::Known => "password",
            Self::Session => "session",
        }
    }
}

/// Takes the password of somebody new, or asks for that of somebody known. Opening the mailed link has shown whose
/// address it is, so nothing else is asked of somebody new.
pub(super) async fn prove_person(
    app: &App,
    cx: &Cx,
    token: &Token,
    person: &Person,
    password: &SecretString,
) -> Result<Proof> {
    match person.status {
        PersonStatus::Invited => {
            Ok(Proof::Staged(peers::stage_credential(app, cx, person, password).await?))
        }
        PersonStatus::Active => {
            let invite = reserve(app, token).await?;
            match peers::verify_password(app, cx, person.user_id, password).await {
                Err(Error::WrongPassword) => Err(note_wrong(app, cx, token, &invite).await?),
                other => {
                    give_back(app, token, &invite).await?;
                    other.map(|()| Proof::Known)
                }
            }
        }
        PersonStatus::Disabled => Err(Error::PersonDisabled),
    }
}

/// Counts a try against the link before the password is looked at, so that of any number at once no more are looked at
/// than the link stands.
async fn reserve(app: &App, token: &Token) -> Result<Invite> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(token.tenant(), "reserve_attempt").await?;
    let (invite, _) = find_invitation(&mut tx, token, now).await?;
    let most = store::invite_policy(&mut tx).await?.most_attempts;
    if !store::reserve_attempt(&mut tx, &invite, most).await? {
        // Ended or used up since it was read: the row says which.
        let lost = find_invitation(&mut tx, token, now).await;
        return Err(lost.err().unwrap_or(Error::Overtaken));
    }
    tx.commit().await?;
    Ok(invite)
}

/// Notes a wrong password, which is counted already; what is to be answered.
async fn note_wrong(app: &App, cx: &Cx, token: &Token, invite: &Invite) -> Result<Error> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(token.tenant(), "note_wrong_password").await?;
    let held = store::lock_invite(&mut tx, invite.invite_id).await?;
    // The person may have come in by this very link since it was read: then that is the answer.
    held.ok_or(Error::InvitationNotFound)?.open(now)?;
    note_step(&mut tx, cx, invite, Step::WrongPassword, now).await?;
    tx.commit().await?;
    Ok(Error::WrongPassword)
}

/// Takes a try back that was not a wrong password. Where the process dies before, one try more is counted.
async fn give_back(app: &App, token: &Token, invite: &Invite) -> Result<()> {
    let mut tx = app.db.tenant(token.tenant(), "give_attempt_back").await?;
    store::give_attempt_back(&mut tx, invite).await?;
    tx.commit().await?;
    Ok(())
}
