//! Says what a person may do, for the gateway's passport.

use kernel::{TenantId, UserId, is_content};

use crate::{
    App, Result,
    domain::{Effective, Question, WHOLE_TENANT},
    store,
};

/// The person's rights in a tenant, or on the platform where none is named.
pub(crate) async fn list_effective(
    app: &App,
    user_id: UserId,
    tenant: Option<TenantId>,
) -> Result<Effective> {
    weigh(app, user_id, tenant, Some(TenantId::PLATFORM)).await
}

/// The same without what the person holds on the platform.
pub(crate) async fn list_effective_here(
    app: &App,
    user_id: UserId,
    tenant: Option<TenantId>,
) -> Result<Effective> {
    weigh(app, user_id, tenant, None).await
}

async fn weigh(
    app: &App,
    user_id: UserId,
    tenant: Option<TenantId>,
    platform: Option<TenantId>,
) -> Result<Effective> {
    let tenant = tenant.filter(|&tenant| tenant != TenantId::PLATFORM);
    let mut tx =
        app.db.platform("list_effective", "roles of the platform hold in every tenant").await?;
    let standing = store::standing(&mut tx, user_id, tenant, platform).await?;
    let now = app.clock.now();
    let mut rights = standing.effective(now);
    if standing.sees_content(now) {
        // No role of the platform names these: what a tenant's people wrote is open by name of the opening alone.
        let open = store::permissions(&mut tx).await?.into_iter().filter(|name| is_content(name));
        let opened = open.filter(|name| {
            let asked = Question { permission: name.clone(), scope: WHOLE_TENANT.clone() };
            standing.decide(true, &asked, now).allows()
        });
        rights.permissions.extend(opened);
    }
    tx.commit().await?;
    Ok(rights)
}
