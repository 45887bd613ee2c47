//! Has an invited person show by a password or a new passkey who they are.

use kernel::Cx;
use secrecy::SecretString;

use super::{find_invitation::find_invitation, note_step::note_step};
use crate::{
    App, Error, Result,
    domain::{Invite, PasskeyRefusal, Person, PersonStatus, Step, Token},
    peers::{self, NewPasskey},
    store,
};

/// What an invited person shows who is not signed in.
#[derive(Debug)]
pub(crate) enum Shown {
    /// The password chosen now, or the one they have.
    Password(SecretString),
    /// A passkey made now.
    Passkey(NewPasskey),
}

/// How the person has shown who they are.
pub(super) enum Proof {
    /// Chose a password now; it waits under this id to be activated.
    Staged(String),
    /// Made a passkey now; it waits under this id to be activated.
    StagedPasskey(String),
    /// Knew the password they have.
    Known,
    /// Is signed in.
    Session,
    /// Somebody new for whom the tenant's provider vouches, named as in the history of invitations.
    Vouched(String),
    /// Somebody whose account is linked with that provider, named likewise.
    Linked(String),
}

impl Proof {
    /// The word for it in facts.
    pub(super) const fn method(&self) -> &'static str {
        match self {
            Self::Staged(_) => "new_password",
            Self::StagedPasskey(_) => "new_passkey",
            Self::Known => "password",
            Self::Session => "session",
            Self::Vouched(_) | Self::Linked(_) => "sso",
        }
    }

    /// What is to be activated once the person is in.
    pub(super) fn staged(&self) -> Option<&str> {
        match self {
            Self::Staged(id) | Self::StagedPasskey(id) => Some(id),
            Self::Known | Self::Session | Self::Vouched(_) | Self::Linked(_) => None,
        }
    }

    /// Whether it makes somebody new active.
    pub(super) const fn is_of_newcomer(&self) -> bool {
        matches!(self, Self::Staged(_) | Self::StagedPasskey(_) | Self::Vouched(_))
    }

    /// What the history of the invitation tells of it.
    pub(super) const fn detail(&self) -> &str {
        match self {
            Self::Vouched(by) | Self::Linked(by) => by.as_str(),
            Self::Staged(_) | Self::StagedPasskey(_) | Self::Known | Self::Session => "",
        }
    }
}

/// Takes the password or passkey of somebody new, or asks for the password of somebody known. Opening the mailed link has shown whose
/// address it is, so nothing else is asked of somebody new; where the link was handed out, that is noted on acceptance.
/// `words` are those of the place, on which no new password leans.
pub(super) async fn prove_person(
    app: &App,
    cx: &Cx,
    token: &Token,
    person: &Person,
    shown: &Shown,
    words: &[String],
) -> Result<Proof> {
    match (person.status, shown) {
        (PersonStatus::Invited, Shown::Password(password)) => {
            let tenant = Some(token.tenant());
            let staged = peers::stage_credential(app, cx, tenant, words, person, password).await?;
            Ok(Proof::Staged(staged))
        }
        (PersonStatus::Invited, Shown::Passkey(passkey)) => {
            Ok(Proof::StagedPasskey(peers::stage_passkey(app, cx, person, passkey).await?))
        }
        (PersonStatus::Active, Shown::Passkey(_)) => Err(PasskeyRefusal::SignInInstead.into()),
        (PersonStatus::Active, Shown::Password(password)) => {
            let invite = reserve(app, token).await?;
            match peers::verify_password(app, cx, person.user_id, password).await {
                Err(Error::WrongPassword) => Err(note_wrong(app, cx, token, &invite).await?),
                other => {
                    give_back(app, token, &invite).await?;
                    other.map(|()| Proof::Known)
                }
            }
        }
        (PersonStatus::Disabled, _) => Err(Error::PersonDisabled),
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
