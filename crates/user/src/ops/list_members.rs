//! Lists the tenant's members.

use kernel::{Page, PageSize, TenantId, UserId};

use crate::{App, Result, domain::Member, store};

/// The members after `after`, in the order of joining.
pub(crate) async fn list_members(
    app: &App,
    tenant: TenantId,
    size: PageSize,
    after: Option<UserId>,
) -> Result<Page<Member>> {
    let mut tx = app.db.tenant(tenant, "list_members").await?;
    let rows = store::list_members(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |member| member.user_id.to_string()))
}
