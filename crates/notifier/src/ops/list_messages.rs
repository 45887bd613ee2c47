//! Lists the tenant's messages.

use kernel::{Cx, MessageId, Page, PageSize};

use crate::{App, Error, Result, domain::Message, store};

/// The messages after `after`, oldest first.
pub(crate) async fn list_messages(
    app: &App,
    cx: &Cx,
    size: PageSize,
    after: Option<MessageId>,
) -> Result<Page<Message>> {
    let tenant_id = cx.tenant.ok_or(Error::TenantRequired)?;
    let mut tx = app.db.tenant(tenant_id, "list_messages").await?;
    let rows = store::list_messages(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |message| message.message_id.to_string()))
}
