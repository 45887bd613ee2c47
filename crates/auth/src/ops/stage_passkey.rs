//! Takes the first passkey of somebody who is about to come in; it does nothing until it is activated.

use kernel::{Cx, Email, UserId};
use uuid::Uuid;

use super::begin_ceremony::{Begun, begin_ceremony};
use crate::{
    App, Error, Result,
    domain::{
        Ceremony, CeremonyKind, Credential, CredentialId, Key, Passkey, PasskeyName,
        PasskeyRefusal, State, device,
    },
    store,
};

/// Asks for a key of somebody who has none.
pub(crate) async fn begin_staged_passkey(
    app: &App,
    user_id: UserId,
    email: Email,
) -> Result<Begun> {
    let asked = app.relying.ask_new(user_id, &email, Vec::new())?;
    let of = Ceremony {
        kind: CeremonyKind::Stage,
        user_id: Some(user_id),
        session_id: None,
        email: Some(email),
        state: String::new(),
        expires_at: app.clock.now(),
    };
    let mut tx = app
        .db
        .platform("begin_staged_passkey", "people are global, and so are their passkeys")
        .await?;
    let begun = begin_ceremony(&mut tx, app, asked, of).await?;
    tx.commit().await?;
    Ok(begun)
}

/// Whose device answered, and what.
#[derive(Debug)]
pub(crate) struct StagePasskey {
    pub(crate) user_id: UserId,
    pub(crate) token: Key,
    pub(crate) answer: String,
}

/// Uses the challenge up and keeps the key with a credential that has no password; the credential's id is the only way to
/// activate both. What is never activated is swept with staged passwords.
pub(crate) async fn stage_passkey(
    app: &App,
    cx: &Cx,
    command: StagePasskey,
) -> Result<CredentialId> {
    let StagePasskey { user_id, token, answer } = command;
    let now = app.clock.now();
    let reason = "people are global, and so are their passkeys";
    let mut tx = app.db.platform("take_ceremony", reason).await?;
    let taken = store::take_ceremony(&mut tx, &token).await?;
    tx.commit().await?;
    let ceremony = taken
        .filter(|taken| taken.is_for(CeremonyKind::Stage, Some(user_id), None, now))
        .ok_or(Error::Passkey(PasskeyRefusal::CeremonyOver))?;
    let email = ceremony.email.ok_or(Error::Passkey(PasskeyRefusal::CeremonyOver))?;
    let made = app.relying.check_new(&ceremony.state, &answer).map_err(Error::unmade)?;
    let credential_id = CredentialId::from(Uuid::new_v4());
    let credential = Credential {
        credential_id,
        user_id,
        email,
        hash: None,
        state: State::Staged,
        created_at: now,
    };
    let passkey = Passkey {
        passkey_id: Uuid::new_v4().into(),
        name: PasskeyName::of_device(&device(cx.user_agent.as_deref())).as_str().into(),
        created_at: now,
        last_used_at: None,
        guards_since: None,
    };
    let mut tx = app.db.platform("stage_passkey", reason).await?;
    store::insert_credential(&mut tx, &credential).await?;
    store::insert_passkey(&mut tx, user_id, &passkey, &made, Some(credential_id)).await?;
    tx.commit().await?;
    Ok(credential_id)
}
