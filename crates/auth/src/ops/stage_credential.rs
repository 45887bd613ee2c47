//! Stores a password hash that does nothing until it is activated.

use kernel::{Cx, Email, TenantId, UserId};
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
    /// The names of the workspaces near the person, on which the password does not lean.
    pub(crate) words: Vec<String>,
}

/// Hashes and keeps the password; the id is the only way to activate it. Where it is chosen on the way into a tenant, it is
/// as long as that tenant asks for.
pub(crate) async fn stage_credential(
    app: &App,
    cx: &Cx,
    command: StageCredential,
) -> Result<CredentialId> {
    let asked = match cx.tenant {
        Some(tenant) => asked_length(app, tenant).await?,
        None => 0,
    };
    let credential = Credential {
        credential_id: Uuid::new_v4().into(),
        user_id: command.user_id,
        email: command.email,
        hash: Some(app.hasher.place()?.hash(command.password.of_length(asked)?).await?),
        state: State::Staged,
        created_at: app.clock.now(),
    };
    let mut tx = app
        .db
        .platform("stage_credential", "people are global, and so are their credentials")
        .await?;
    store::insert_credential(&mut tx, &credential).await?;
    store::insert_place_words(&mut tx, credential.user_id, &command.words).await?;
    tx.commit().await?;
    Ok(credential.credential_id)
}

/// Fewest characters of the tenant's members' passwords.
async fn asked_length(app: &App, tenant: TenantId) -> Result<i32> {
    let mut tx = app.db.tenant(tenant, "find_sign_in_rules").await?;
    let rules = store::sign_in_rules(&mut tx, tenant).await?;
    tx.commit().await?;
    Ok(rules.map_or(0, |rules| rules.password_min_length))
}
