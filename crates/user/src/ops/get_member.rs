//! Shows one member of the tenant.

use kernel::{TenantId, UserId};

use crate::{App, Error, Result, domain::Member, store};

/// The member of this id.
pub(crate) async fn get_member(app: &App, tenant: TenantId, id: UserId) -> Result<Member> {
    let mut tx = app.db.tenant(tenant, "get_member").await?;
    let member = store::member(&mut tx, id).await?.ok_or(Error::PersonNotFound)?;
    tx.commit().await?;
    Ok(member)
}
