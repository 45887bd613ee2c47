//! Takes what a mail system reports of a letter.

use kernel::{Cx, MessageId};

use super::bounce_message;
use crate::{
    App, Error, Result,
    domain::{Fate, Report, Status},
    store,
};

/// Notes a letter that bounced and tells it, once however often it is reported; answers which letter it is. That one is
/// only late, or has arrived, changes nothing: more may follow.
pub(crate) async fn report_bounce(app: &App, cx: &Cx, report: &Report) -> Result<MessageId> {
    let message_id = report.letter.ok_or(Error::MessageNotFound)?;
    let reason = "a mail system knows letters and no tenants";
    let mut tx = app.db.platform("find_message", reason).await?;
    let tenant = store::tenant_of_message(&mut tx, message_id).await?;
    tx.commit().await?;
    let tenant = tenant.ok_or(Error::MessageNotFound)?;
    let Fate::Bounced(status) = report.fate else {
        return Ok(message_id);
    };
    let mut tx = app.db.tenant(tenant, "report_bounce").await?;
    let message = store::lock_message(&mut tx, message_id).await?.ok_or(Error::MessageNotFound)?;
    if message.status != Status::Bounced {
        bounce_message(&mut tx, cx, &message, status.reason(), Some(status)).await?;
        bus::audit(&mut tx, cx, "message.bounce", &format!("message:{message_id}")).await?;
    }
    tx.commit().await?;
    Ok(message_id)
}
