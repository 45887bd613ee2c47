//! Says what a person may do, for the gateway's passport.

use kernel::{TenantId, UserId};

use crate::{App, Result, domain::Effective, store};

/// The person's rights in a tenant, or on the platform where none is named.
pub(crate) async fn list_effective(
    app: &App,
    user_id: UserId,
    tenant: Option<TenantId>,
) -> Result<Effective> {
    let tenant = tenant.filter(|&tenant| tenant != TenantId::PLATFORM);
    let mut tx =
        app.db.platform("list_effective", "roles of the platform hold in every tenant").await?;
    let standing = store::standing(&mut tx, user_id, tenant).await?;
    tx.commit().await?;
    Ok(standing.effective(app.clock.now()))
}
