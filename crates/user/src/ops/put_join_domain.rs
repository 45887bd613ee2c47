//! Lets the people of a domain join, or ask to.

use kernel::{Cx, TenantId};
use wire::user::v1::JoinDomainChanged;

use super::check_roles::check_roles;
use crate::{
    App, Result,
    domain::{Hindrance, JoinDomain, MOST_JOIN_DOMAINS, RoleName, Way},
    store,
};

/// The wish to let them in.
#[derive(Debug)]
pub(crate) struct PutJoinDomain {
    pub(crate) domain: String,
    pub(crate) way: Way,
    pub(crate) role: RoleName,
}

/// The way in as it stands then. Setting the same twice changes nothing.
pub(crate) async fn put_join_domain(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: PutJoinDomain,
) -> Result<JoinDomain> {
    let set = JoinDomain {
        domain: command.domain,
        way: command.way,
        role: command.role.as_str().into(),
        set_by: cx.actor.label(),
        set_at: app.clock.now(),
    };
    let mut tx = app.db.tenant(tenant, "put_join_domain").await?;
    check_roles(&mut tx, cx, std::iter::once(set.role.as_str())).await?;
    match store::join_domain_of(&mut tx, &set.domain).await? {
        Some(former) if (former.way, &former.role) == (set.way, &set.role) => return Ok(former),
        Some(_) => {}
        None if store::count_join_domains(&mut tx).await? >= MOST_JOIN_DOMAINS => {
            return Err(Hindrance::TooManyDomains.into());
        }
        None => {}
    }
    store::upsert_join_domain(&mut tx, &set).await?;
    bus::audit(&mut tx, cx, "join_domain.put", &format!("domain:{}", set.domain)).await?;
    let fact = JoinDomainChanged {
        domain: set.domain.clone(),
        way: set.way.to_string(),
        role: set.role.clone(),
    };
    bus::emit(&mut tx, cx, tenant.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(set)
}
