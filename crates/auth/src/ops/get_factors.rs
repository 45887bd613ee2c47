//! Says which second factors a person has.

use kernel::{TenantId, Timestamp, UserId};

use crate::{App, Result, store};

/// The factors of a person.
#[derive(Debug)]
pub(crate) struct FactorSet {
    pub(crate) enrolled_at: Option<Timestamp>,
    pub(crate) codes_left: i32,
}

/// Since when there is an app, and how many recovery codes are left.
pub(crate) async fn get_factors(app: &App, user_id: UserId) -> Result<FactorSet> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "get_factors").await?;
    let factors = FactorSet {
        enrolled_at: store::enrolled_at(&mut tx, user_id).await?,
        codes_left: store::count_recovery_codes(&mut tx, user_id).await?,
    };
    tx.commit().await?;
    Ok(factors)
}
