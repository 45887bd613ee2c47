//! Lists the tenant's members.

use kernel::{Page, PageSize, TenantId, UserId};

use crate::{
    App, Result,
    domain::{Member, MemberStatus, Query},
    store,
};

/// Which members are wanted.
#[derive(Debug)]
pub(crate) struct ListMembers {
    /// Those it finds, in the order of what is found; without one all, in the order of joining.
    pub(crate) query: Option<Query>,
    /// All but the removed ones where none is named.
    pub(crate) status: Option<MemberStatus>,
    pub(crate) size: PageSize,
    pub(crate) after: Option<UserId>,
}

/// The members that are wanted, after `after`.
pub(crate) async fn list_members(
    app: &App,
    tenant: TenantId,
    wanted: ListMembers,
) -> Result<Page<Member>> {
    let ListMembers { query, status, size, after } = wanted;
    let mut tx = app.db.tenant(tenant, "list_members").await?;
    let rows = match &query {
        Some(query) => store::search_members(&mut tx, query, status, after, size.fetch()).await?,
        None => store::list_members(&mut tx, status, after, size.fetch()).await?,
    };
    tx.commit().await?;
    Ok(Page::cut(rows, size, |member| member.user_id.to_string()))
}
