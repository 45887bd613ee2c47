//! Lists the tenants that a person could join by the domain of their address.

use kernel::{Cx, TenantId, UserId};

use crate::{
    App, Error, Result,
    domain::{MOST_JOIN_DOMAINS, MemberStatus, Way},
    peers, store,
};

/// A tenant that somebody could join.
#[derive(Debug)]
pub(crate) struct Joinable {
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) way: Way,
}

/// The tenants that let the domain of the person's proven address in, without those where the person is a member and those that may do
/// nothing now.
pub(crate) async fn list_joinable(app: &App, cx: &Cx, user: UserId) -> Result<Vec<Joinable>> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "find_person").await?;
    let person = store::person(&mut tx, user).await?.ok_or(Error::PersonNotFound)?;
    let proven = store::is_address_proven(&mut tx, user).await?;
    tx.commit().await?;
    if !proven {
        return Ok(Vec::new());
    }
    let mut tx = app.db.platform("list_joinable", "a domain may be let in by any tenant").await?;
    let found = store::joinable(&mut tx, person.email.domain(), MOST_JOIN_DOMAINS).await?;
    tx.commit().await?;
    let mut open = Vec::new();
    for (tenant, way) in found {
        let mut tx = app.db.tenant(tenant, "list_joinable").await?;
        let status = store::member_status(&mut tx, user).await?;
        tx.commit().await?;
        if status == Some(MemberStatus::Active) {
            continue;
        }
        match peers::tenant_name(app, cx, tenant).await {
            Ok(name) => open.push(Joinable { tenant, name, way }),
            Err(Error::TenantSuspended | Error::TenantNotFound) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(open)
}
