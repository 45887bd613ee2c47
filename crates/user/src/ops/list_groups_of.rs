//! Lists the groups of a person.

use kernel::{Cx, GroupId, Page, PageSize, TenantId, UserId};

use crate::{
    App, Error, Result,
    domain::{AccountKey, GroupMember},
    store,
};

/// The groups that the person is in or asked to join, after the group `after`; of `only` those among them, where any are
/// named. Whoever asks about another is told when the tenant does not know them.
pub(crate) async fn list_groups_of(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    user_id: UserId,
    only: &[GroupId],
    size: PageSize,
    after: Option<GroupId>,
) -> Result<Page<GroupMember>> {
    let mut tx = app.db.tenant(tenant, "list_groups_of").await?;
    if cx.user() != Some(user_id) {
        let account = store::account(&mut tx, &AccountKey::Id(user_id), app.clock.now()).await?;
        account.ok_or(Error::PersonNotFound)?;
    }
    let rows = store::list_groups_of(&mut tx, user_id, only, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |member| member.group_id.to_string()))
}
