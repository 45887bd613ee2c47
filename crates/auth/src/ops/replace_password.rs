//! Puts a new hash in the place of a person's password, in a transaction of its caller.

use kernel::{Cx, UserId};
use pg::TenantTx;
use uuid::Uuid;
use wire::auth::v1::PasswordChanged;

use crate::{
    App, Result,
    domain::{ChangeCause, NewPassword},
    store,
};

/// Keeps the password under a new id, so that whoever checked the former one finds it gone; letters on their way are good
/// for nothing any more. The person is locked.
pub(super) async fn replace_password(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    user_id: UserId,
    new: &NewPassword,
    cause: ChangeCause,
) -> Result<()> {
    let now = app.clock.now();
    store::replace_password(tx, user_id, Uuid::new_v4().into(), new).await?;
    store::close_letters(tx, user_id, now).await?;
    bus::audit(tx, cx, "password.change", &format!("user:{user_id} cause {cause}")).await?;
    let fact = PasswordChanged { user_id: user_id.to_string(), cause: cause.to_string() };
    bus::emit(tx, cx, user_id.uuid(), &fact).await?;
    Ok(())
}
