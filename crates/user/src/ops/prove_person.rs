//! Has an invited person show by a password who they are.

use kernel::Cx;
use secrecy::SecretString;

use super::{find_invitation::find_invitation, note_step::note_step};
use crate::{
    App, Error, Result,
    domain::{Person, PersonStatus, Step, Token},
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
            match peers::verify_password(app, cx, person.user_id, password).await {
                Err(Error::WrongPassword) => Err(count(app, cx, token).await?),
                known => known.map(|()| Proof::Known),
            }
        }
        PersonStatus::Disabled => Err(Error::PersonDisabled),
    }
}

/// Counts a wrong password against the link; what is to be answered. Counted after the question, so that no right
/// password is refused among many at once: how fast passwords are tried is for `auth` to limit.
async fn count(app: &App, cx: &Cx, token: &Token) -> Result<Error> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(token.tenant(), "count_attempt").await?;
    // The person may have come in by this very link since it was read: then that is the answer.
    let (invite, _) = find_invitation(&mut tx, token, now).await?;
    if store::count_attempt(&mut tx, invite.invite_id).await? {
        note_step(&mut tx, cx, &invite, Step::WrongPassword, now).await?;
    }
    tx.commit().await?;
    Ok(Error::WrongPassword)
}
