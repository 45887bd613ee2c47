//! Says which second factors a person has.

use kernel::{TenantId, Timestamp, UserId};

use crate::{App, Result, store};

/// The factors of a person.
#[derive(Debug)]
pub(crate) struct FactorSet {
    pub(crate) enrolled_at: Option<Timestamp>,
    pub(crate) has_app: bool,
    pub(crate) passkeys: usize,
    pub(crate) has_password: bool,
    pub(crate) codes_left: i32,
}

/// What a person may prove themselves by, and how many recovery codes are left.
pub(crate) async fn get_factors(app: &App, user_id: UserId) -> Result<FactorSet> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "get_factors").await?;
    let factors = FactorSet {
        enrolled_at: store::enrolled_at(&mut tx, user_id).await?,
        has_app: store::has_totp(&mut tx, user_id).await?,
        passkeys: store::webauthn_ids(&mut tx, user_id).await?.len(),
        has_password: store::active_by_user(&mut tx, user_id).await?.is_some(),
        codes_left: store::count_recovery_codes(&mut tx, user_id).await?,
    };
    tx.commit().await?;
    Ok(factors)
}
