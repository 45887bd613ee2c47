//! Lets the people of a domain in no more.

use kernel::{Cx, TenantId};
use wire::user::v1::JoinDomainChanged;

use crate::{App, Result, store};

/// Ends the way in; who came in stays. Doing it twice changes nothing.
pub(crate) async fn delete_join_domain(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    domain: &str,
) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "delete_join_domain").await?;
    if store::delete_join_domain(&mut tx, domain).await? {
        bus::audit(&mut tx, cx, "join_domain.delete", &format!("domain:{domain}")).await?;
        let fact = JoinDomainChanged { domain: domain.into(), ..JoinDomainChanged::default() };
        bus::emit(&mut tx, cx, tenant.uuid(), &fact).await?;
    }
    tx.commit().await?;
    Ok(())
}
