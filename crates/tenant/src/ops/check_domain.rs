//! Looks in DNS whether a host is a tenant's.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::tenant::v1::{DomainLost, DomainProven};

use crate::{
    App, Error, Result,
    domain::{Claim, Domain, Seen},
    store,
};

/// The claim after a look. DNS is asked before the transaction; what changed meanwhile is looked at again.
pub(crate) async fn check_domain(app: &App, cx: &Cx, tenant: TenantId, id: Uuid) -> Result<Domain> {
    let mut tx = app.db.tenant(tenant, "load_domain").await?;
    let claim = store::lock_domain(&mut tx, id).await?.ok_or(Error::DomainNotFound)?;
    tx.commit().await?;
    let seen = app.dns.texts(&claim.host.record()).await;
    match keep(app, cx, tenant, id, &seen).await {
        Err(Error::HostTaken) => keep_rivalled(app, tenant, id).await,
        other => other,
    }
}

/// Keeps what was seen; [`Error::HostTaken`] where the proof is there but another tenant's stands.
async fn keep(app: &App, cx: &Cx, tenant: TenantId, id: Uuid, seen: &Seen) -> Result<Domain> {
    let mut tx = app.db.tenant(tenant, "check_domain").await?;
    let held = store::lock_domain(&mut tx, id).await?.ok_or(Error::DomainNotFound)?;
    let next = held.after(seen, app.clock.now());
    store::update_domain(&mut tx, &next).await?;
    let (domain_id, host) = (id.to_string(), next.host.as_str().to_owned());
    match (held.status, next.status) {
        (Claim::Pending | Claim::Lapsed, Claim::Proven) => {
            bus::audit(&mut tx, cx, "tenant.domain.prove", &format!("domain:{id}")).await?;
            bus::emit(&mut tx, cx, tenant.uuid(), &DomainProven { domain_id, host }).await?;
        }
        (Claim::Proven, Claim::Lapsed) => {
            bus::audit(&mut tx, cx, "tenant.domain.lapse", &format!("domain:{id}")).await?;
            bus::emit(&mut tx, cx, tenant.uuid(), &DomainLost { domain_id, host }).await?;
        }
        _ => {}
    }
    tx.commit().await?;
    Ok(next)
}

/// Says in the claim that somebody else has the host, and has their proof looked for: whoever controls DNS now decides.
async fn keep_rivalled(app: &App, tenant: TenantId, id: Uuid) -> Result<Domain> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "check_domain").await?;
    let held = store::lock_domain(&mut tx, id).await?.ok_or(Error::DomainNotFound)?;
    let next = held.rivalled(now);
    store::update_domain(&mut tx, &next).await?;
    tx.commit().await?;
    let mut tx = app.db.platform("hasten_holder", "the holder of a host is another tenant").await?;
    store::hasten_holder(&mut tx, &next.host, now).await?;
    tx.commit().await?;
    Ok(next)
}
