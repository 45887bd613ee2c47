//! Makes a staged credential the person's own.

use kernel::{Cx, TenantId, UserId};

use crate::{
    App, Error, Result,
    domain::{Activation, CredentialId, activation},
    store,
};

/// Which credential is to become whose.
#[derive(Debug)]
pub(crate) struct ActivateCredential {
    pub(crate) user_id: UserId,
    pub(crate) credential_id: CredentialId,
}

/// Activates once; a person who has a password keeps it.
pub(crate) async fn activate_credential(
    app: &App,
    cx: &Cx,
    command: ActivateCredential,
) -> Result<()> {
    let ActivateCredential { user_id, credential_id } = command;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "activate_credential").await?;
    store::lock_person(&mut tx, user_id).await?;
    let held = store::credentials_of(&mut tx, user_id).await?;
    match activation(&held, credential_id) {
        Activation::Already => {}
        Activation::Unknown => return Err(Error::CredentialNotFound),
        Activation::Due => {
            store::activate_credential(&mut tx, user_id, credential_id).await?;
            bus::audit(&mut tx, cx, "credential.activate", &format!("user:{user_id}")).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
