//! Changes a person's password.

use kernel::{Cx, Email, SessionId, TenantId, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::{
    end_sessions::{EndSessions, end_sessions_in},
    replace_password::replace_password,
    require_fresh::{require_fresh, require_session},
    verify_password::{VerifyPassword, verify_password},
};
use crate::{
    App, Error, Result,
    domain::{ChangeCause, EndCause, Floor, NewPassword, Password},
    store,
};

/// Whose password, from which session, and what was typed.
#[derive(Debug)]
pub(crate) struct ChangePassword {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) current: Password,
    pub(crate) new: SecretString,
}

/// Checks the current password, keeps the new one and ends the other sessions; how many. Of parallel changes one wins:
/// the others' current password is then a former one. Whoever has a second factor has shown it lately.
pub(crate) async fn change_password(app: &App, cx: &Cx, command: ChangePassword) -> Result<i32> {
    require_session(cx)?;
    let ChangePassword { user_id, session_id, current, new } = command;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "find_address").await?;
    let (former, email) = store::active_of(&mut tx, user_id).await?.ok_or(Error::WrongPassword)?;
    let enrolled = store::enrolled_at(&mut tx, user_id).await?.is_some();
    if enrolled {
        require_fresh(&mut tx, user_id, session_id, app.clock.now()).await?;
    }
    let words = store::place_words(&mut tx, user_id).await?;
    tx.commit().await?;
    verify_password(app, cx, VerifyPassword { user_id, password: current }).await?;
    let new = choose(app, user_id, &new, &email, &words, enrolled).await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "change_password").await?;
    store::lock_person(&mut tx, user_id).await?;
    let known = store::active_of(&mut tx, user_id).await?;
    if known.is_none_or(|(id, _)| id != former) {
        return Err(Error::WrongPassword);
    }
    replace_password(&mut tx, app, cx, user_id, &new, ChangeCause::ByHand).await?;
    let cause = EndCause::PasswordChanged;
    let wish = EndSessions { user_id, kept: Some(session_id), cause };
    let ended = end_sessions_in(&mut tx, app, cx, wish).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Reads and hashes a new password for a person, near whom these words stand; whoever has a second factor may choose a
/// shorter one, and whoever has entered a tenant that asks for longer ones must choose one of them.
pub(super) async fn choose(
    app: &App,
    user_id: UserId,
    text: &SecretString,
    email: &Email,
    words: &[String],
    enrolled: bool,
) -> Result<NewPassword> {
    let floor = if enrolled { Floor::WithSecondFactor } else { Floor::Alone };
    let password = Password::chosen(text.expose_secret(), email, floor)
        .and_then(|password| password.beside(words));
    let password = password.map_err(Error::NewPasswordRefused)?;
    let mut tx = app
        .db
        .platform("find_password_length", "a person has one password for all of their tenants")
        .await?;
    let asked = store::longest_length(&mut tx, user_id).await?.filter(|asked| *asked > 15);
    tx.commit().await?;
    let password = password.of_length(asked.unwrap_or_default());
    let password = password.map_err(Error::NewPasswordRefused)?;
    let short = !password.suffices(Floor::Alone);
    Ok(NewPassword { hash: app.hasher.place()?.hash(password).await?, short })
}
