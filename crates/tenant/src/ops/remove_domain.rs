//! Gives a host of a tenant up.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::tenant::v1::DomainLost;

use crate::{App, Error, Result, domain::Claim, store};

/// Removes the claim, proven or not; from then on another tenant may prove the host.
pub(crate) async fn remove_domain(app: &App, cx: &Cx, tenant: TenantId, id: Uuid) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "remove_domain").await?;
    let domain = store::lock_domain(&mut tx, id).await?.ok_or(Error::DomainNotFound)?;
    store::delete_domain(&mut tx, id).await?;
    bus::audit(&mut tx, cx, "tenant.domain.remove", &format!("domain:{id}")).await?;
    if domain.status == Claim::Proven {
        let fact = DomainLost { domain_id: id.to_string(), host: domain.host.as_str().to_owned() };
        bus::emit(&mut tx, cx, tenant.uuid(), &fact).await?;
    }
    tx.commit().await?;
    Ok(())
}
