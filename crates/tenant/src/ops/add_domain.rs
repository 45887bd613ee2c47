//! Claims a host for a tenant.

use kernel::{Cx, TenantId};
use uuid::Uuid;

use crate::{
    App, Error, Result,
    domain::{Claim, Domain, Host, Status},
    store,
};

/// Most hosts of one tenant.
const MOST: i64 = 100;

/// The claim with the record that proves it; the same host again answers the claim that stands.
pub(crate) async fn add_domain(app: &App, cx: &Cx, tenant: TenantId, host: Host) -> Result<Domain> {
    let now = app.clock.now();
    let domain = Domain {
        domain_id: app.clock.new_id(),
        host,
        token: Uuid::new_v4().simple().to_string(),
        status: Claim::Pending,
        misses: 0,
        missed_at: None,
        problem: String::new(),
        proven_at: None,
        checked_at: None,
        next_check_at: now,
        created_at: now,
    };
    let mut tx = app.db.tenant(tenant, "add_domain").await?;
    let status = store::lock_tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?.status;
    if status == Status::Closed {
        return Err(Error::StatusForbids(status));
    }
    if !store::insert_domain(&mut tx, &domain, &cx.actor.label()).await? {
        let held = store::domain_of_host(&mut tx, &domain.host).await?;
        return held.ok_or(Error::DomainNotFound);
    }
    if store::count_domains(&mut tx).await? > MOST {
        return Err(Error::TooManyDomains);
    }
    bus::audit(&mut tx, cx, "tenant.domain.add", &format!("domain:{}", domain.domain_id)).await?;
    tx.commit().await?;
    Ok(domain)
}
