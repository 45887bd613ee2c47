//! Hands out fresh recovery codes.

use aws_lc_rs::rand;
use kernel::{Cx, SessionId, TenantId, UserId};

use super::require_fresh::{require_fresh, require_session};
use crate::{
    App, Error, Result,
    domain::{CODES, RecoveryCode},
    store,
};

/// Puts them in the place of the former ones. A passkey that only signed in by itself is asked for beside a password from
/// now on: losing it keeps nobody out any more.
pub(crate) async fn renew_recovery_codes(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Vec<RecoveryCode>> {
    require_session(cx)?;
    let codes = draw_codes()?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "renew_recovery_codes").await?;
    let now = app.clock.now();
    require_fresh(&mut tx, user_id, session_id, now).await?;
    store::guard_by_passkeys(&mut tx, user_id, now).await?;
    store::enrolled_at(&mut tx, user_id).await?.ok_or(Error::FactorNotFound)?;
    store::replace_recovery_codes(&mut tx, user_id, &codes).await?;
    bus::audit(&mut tx, cx, "factor.renew_codes", &format!("user:{user_id}")).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Draws a set of codes.
pub(super) fn draw_codes() -> Result<Vec<RecoveryCode>> {
    let draw = |_| {
        let mut random = [0; 16];
        let drawn = rand::fill(&mut random);
        drawn.map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
        Ok(RecoveryCode::of(&random))
    };
    (0..CODES).map(draw).collect()
}
