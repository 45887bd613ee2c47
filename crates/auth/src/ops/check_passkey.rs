//! Says whether what a device answered is a proof by a person's passkey, and counts the key's use.

use kernel::{Cx, SessionId, Timestamp, UserId};
use pg::TenantTx;

use super::count_try::{Counted, count_one, count_try};
use crate::{
    App, Error, Result,
    domain::{Account, Ceremony, CeremonyKind, Key, PasskeyRefusal, Source, Subject, Tries},
    relying::{Shown, Unfit},
    store,
};

/// What a device answered, and the challenge it says it answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) token: Key,
    pub(crate) answer: String,
}

/// Whom a ceremony has to be of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) kind: CeremonyKind,
    /// Whoever has a passkey where there is nobody.
    pub(super) user_id: Option<UserId>,
    pub(super) session_id: Option<SessionId>,
}

/// A proof that was counted as a try, and is not checked yet.
#[derive(Debug)]
pub(super) struct Presented {
    ceremony: Ceremony,
    shown: Shown,
    /// The owner of the key it names.
    pub(super) user_id: UserId,
    pub(super) counted: Counted,
}

/// Uses the challenge up and counts the try, before anything is checked. What cannot be read, and what names a key that
/// nobody has, is counted against its source. It is refused in the same way as what does not fit.
pub(super) async fn present(
    app: &App,
    cx: &Cx,
    answer: Answer,
    expected: Expected,
) -> Result<Presented> {
    let now = app.clock.now();
    let mut tx =
        app.db.platform("take_ceremony", "people are global, and so are their passkeys").await?;
    let shown = Shown::read(&answer.answer);
    let owner = match &shown {
        Ok(shown) => store::owner_of(&mut tx, shown.webauthn_id()).await?,
        Err(_) => None,
    };
    let counted = match owner {
        Some(user_id) => Some(count_try(&mut tx, cx, &Account::Person(user_id), now).await?),
        None => {
            if let Some(source) = Source::read(cx.ip.as_deref()) {
                count_one(&mut tx, Tries::Source, &Subject::source(&source), now).await?;
            }
            None
        }
    };
    let taken = store::take_ceremony(&mut tx, &answer.token).await?;
    tx.commit().await?;
    let shown = shown.map_err(Error::unproven)?;
    let Expected { kind, user_id, session_id } = expected;
    let ceremony = taken.filter(|taken| taken.is_for(kind, user_id, session_id, now));
    let ceremony = ceremony.ok_or(Error::Passkey(PasskeyRefusal::Refused))?;
    let (Some(owner), Some(counted)) = (owner, counted) else {
        return Err(Error::Passkey(PasskeyRefusal::Refused));
    };
    let fits = user_id.map_or(shown.names_its_person(), |user_id| user_id == owner);
    if fits {
        Ok(Presented { ceremony, shown, user_id: owner, counted })
    } else {
        Err(Error::unproven(Unfit::Person))
    }
}

/// Checks the proof by the key as it is kept now, and keeps its counter. The person is shared or locked by the caller.
pub(super) async fn check_passkey(
    tx: &mut TenantTx,
    app: &App,
    presented: &Presented,
    now: Timestamp,
) -> Result<bool> {
    let Presented { ceremony, shown, user_id, .. } = presented;
    let Some((passkey_id, key)) = store::lock_key(tx, *user_id, shown.webauthn_id()).await? else {
        return Ok(false);
    };
    match app.relying.check_proof(&ceremony.state, shown, *user_id, &key) {
        Ok(key) => {
            store::note_proof(tx, passkey_id, &key, now).await?;
            Ok(true)
        }
        Err(why) => {
            tracing::info!(user.id = %user_id, passkey.id = %passkey_id, %why, "a passkey was refused");
            Ok(false)
        }
    }
}
