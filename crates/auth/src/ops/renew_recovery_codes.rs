//! Hands out fresh recovery codes.

use aws_lc_rs::rand;
use kernel::{Cx, SessionId, TenantId, UserId};

use super::require_fresh::require_fresh;
use crate::{
    App, Error, Result,
    domain::{CODES, RecoveryCode},
    store,
};

/// Puts them in the place of the former ones.
pub(crate) async fn renew_recovery_codes(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Vec<RecoveryCode>> {
    let codes = draw_codes()?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "renew_recovery_codes").await?;
    let enrolled = require_fresh(&mut tx, user_id, session_id, app.clock.now()).await?;
    enrolled.ok_or(Error::FactorNotFound)?;
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
