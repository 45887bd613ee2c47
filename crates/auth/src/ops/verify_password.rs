//! Says whether a password is a person's.

use kernel::{Cx, TenantId, UserId};

use super::count_try::{Counted, count_try};
use crate::{
    App, Error, Result,
    domain::{Account, Password},
    store,
};

/// A person and the password shown.
#[derive(Debug)]
pub(crate) struct VerifyPassword {
    pub(crate) user_id: UserId,
    pub(crate) password: Password,
}

/// Succeeds for the right password. A person without one is refused after the same work as for a wrong one.
pub(crate) async fn verify_password(app: &App, cx: &Cx, command: VerifyPassword) -> Result<()> {
    let user_id = command.user_id;
    let counted = check_password(app, cx, command).await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "verify_password").await?;
    counted.password_was_right(&mut tx, user_id, app.clock.now()).await?;
    bus::audit(&mut tx, cx, "password.verify", &format!("user:{user_id}")).await?;
    tx.commit().await?;
    Ok(())
}

/// The same, for a caller that says itself whether the whole proof was right.
pub(super) async fn check_password(app: &App, cx: &Cx, command: VerifyPassword) -> Result<Counted> {
    let VerifyPassword { user_id, password } = command;
    let place = app.hasher.place()?;
    let mut tx =
        app.db.platform("find_password", "people are global, and so are their credentials").await?;
    let hash = store::active_by_user(&mut tx, user_id).await?;
    let counted = count_try(&mut tx, cx, &Account::Person(user_id), app.clock.now()).await?;
    tx.commit().await?;
    if place.check(password, hash).await?.fits {
        return Ok(counted);
    }
    let mut tx = app.db.tenant(TenantId::PLATFORM, "refuse_password").await?;
    bus::audit(&mut tx, cx, "password.refuse", &format!("user:{user_id}")).await?;
    tx.commit().await?;
    Err(Error::WrongPassword)
}
