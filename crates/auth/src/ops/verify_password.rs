//! Says whether a password is a person's.

use kernel::{Cx, TenantId, UserId};

use crate::{App, Error, Result, domain::Password, store};

/// A person and the password shown.
#[derive(Debug)]
pub(crate) struct VerifyPassword {
    pub(crate) user_id: UserId,
    pub(crate) password: Password,
}

/// Succeeds for the right password. A person without one is refused after the same work as for a wrong one.
pub(crate) async fn verify_password(app: &App, cx: &Cx, command: VerifyPassword) -> Result<()> {
    let VerifyPassword { user_id, password } = command;
    let mut tx =
        app.db.platform("find_password", "people are global, and so are their credentials").await?;
    let hash = store::active_by_user(&mut tx, user_id).await?;
    tx.commit().await?;
    let fits = app.hasher.check(password, hash).await?;
    let action = if fits { "password.verify" } else { "password.refuse" };
    let mut tx = app.db.tenant(TenantId::PLATFORM, "verify_password").await?;
    bus::audit(&mut tx, cx, action, &format!("user:{user_id}")).await?;
    tx.commit().await?;
    if fits { Ok(()) } else { Err(Error::WrongPassword) }
}
