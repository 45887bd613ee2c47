//! Shows one message.

use kernel::{Cx, MessageId};

use crate::{App, Error, Result, domain::Message, store};

/// The tenant's message of this id.
pub(crate) async fn get_message(app: &App, cx: &Cx, message_id: MessageId) -> Result<Message> {
    let tenant_id = cx.tenant.ok_or(Error::TenantRequired)?;
    let mut tx = app.db.tenant(tenant_id, "get_message").await?;
    let message = store::message(&mut tx, message_id).await?.ok_or(Error::MessageNotFound)?;
    tx.commit().await?;
    Ok(message)
}
