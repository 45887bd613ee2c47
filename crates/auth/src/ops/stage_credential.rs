//! Stores a password hash that does nothing until it is activated.

use kernel::{Email, UserId};
use uuid::Uuid;

use crate::{
    App, Result,
    domain::{Credential, CredentialId, Password, State},
    store,
};

/// The password that a person chose.
#[derive(Debug)]
pub(crate) struct StageCredential {
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) password: Password,
}

/// Hashes and keeps the password; the id is the only way to activate it.
pub(crate) async fn stage_credential(app: &App, command: StageCredential) -> Result<CredentialId> {
    let credential = Credential {
        credential_id: Uuid::new_v4().into(),
        user_id: command.user_id,
        email: command.email,
        hash: app.hasher.place()?.hash(command.password).await?,
        state: State::Staged,
        created_at: app.clock.now(),
    };
    let mut tx = app
        .db
        .platform("stage_credential", "people are global, and so are their credentials")
        .await?;
    store::insert_credential(&mut tx, &credential).await?;
    tx.commit().await?;
    Ok(credential.credential_id)
}
