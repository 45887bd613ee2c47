//! Proves again who a person is.

use kernel::{Cx, SessionId, TenantId, UserId};

use super::{
    check_factor::check_factor,
    renew_session::renew_session,
    require_fresh::require_session,
    verify_password::{VerifyPassword, check_password},
};
use crate::{
    App, Error, Result,
    domain::{Password, SecondFactor, Session, Token},
    store,
};

/// Whose session, and what was typed.
#[derive(Debug)]
pub(crate) struct StepUp {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) password: Password,
    /// `None` for whoever has no second factor.
    pub(crate) shown: Option<SecondFactor>,
}

/// Checks both, and lets the session go on under another id and token, no longer than it would have.
pub(crate) async fn step_up(app: &App, cx: &Cx, command: StepUp) -> Result<(Session, Token)> {
    require_session(cx)?;
    let StepUp { user_id, session_id, password, shown } = command;
    let counted = check_password(app, cx, VerifyPassword { user_id, password }).await?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "step_up").await?;
    store::lock_person(&mut tx, user_id).await?;
    let second_factor_at = match (store::enrolled_at(&mut tx, user_id).await?, shown) {
        (None, _) => None,
        (Some(_), None) => return Err(Error::FactorRefused),
        (Some(_), Some(shown)) => {
            if !check_factor(&mut tx, app, cx, user_id, &shown).await? {
                tx.commit().await?;
                return Err(Error::FactorRefused);
            }
            Some(now)
        }
    };
    counted.was_right(&mut tx, user_id, now).await?;
    let of = (user_id, session_id);
    let opened = renew_session(&mut tx, app, cx, of, second_factor_at, None).await?;
    tx.commit().await?;
    Ok(opened)
}
