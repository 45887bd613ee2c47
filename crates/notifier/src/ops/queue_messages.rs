//! Decides that people are written to, once for each reason.

use kernel::{Cx, Email, Locale, MessageId, PersonName, TenantId};
use pg::TenantTx;

use crate::{
    App, Error, Result,
    domain::{Channel, Message, Reason, Status},
    jobs::{SEND_MESSAGE, VERSION},
    ops::SendMessage,
    store,
};

/// Whom to write to, and about what.
#[derive(Debug)]
pub(crate) struct QueueMessage {
    pub(crate) about: Reason,
    pub(crate) recipient: Email,
    /// What the letter calls the person, where that is known.
    pub(crate) name: Option<PersonName>,
    pub(crate) locale: Locale,
}

/// Keeps the messages that one fact asks for and plans their sending in one transaction.
pub(crate) async fn queue_messages<const N: usize>(
    app: &App,
    cx: &Cx,
    commands: [QueueMessage; N],
) -> Result<()> {
    let tenant_id = cx.tenant.ok_or(Error::TenantRequired)?;
    let mut tx = app.db.tenant(tenant_id, "queue_messages").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    for command in commands {
        queue(app, &mut tx, cx, tenant_id, command).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn queue(
    app: &App,
    tx: &mut TenantTx,
    cx: &Cx,
    tenant_id: TenantId,
    command: QueueMessage,
) -> Result<()> {
    let message_id = app.clock.new_id::<MessageId>();
    let (subject_kind, subject_id) = command.about.subject();
    let message = Message {
        message_id,
        channel: Channel::Email,
        template: command.about.template(),
        recipient: command.recipient,
        locale: command.locale,
        status: Status::Queued,
        attempts: 0,
        mail_message_id: app.mailer.message_id_of(message_id),
        subject_kind,
        subject_id,
        dedupe_key: command.about.dedupe_key(),
        reason: None,
        created_at: app.clock.now(),
        sent_at: None,
    };
    if store::insert_message(tx, tenant_id, &message).await? {
        let work = SendMessage { message_id, about: command.about, name: command.name };
        let key = message_id.to_string();
        ::jobs::start(tx, cx, SEND_MESSAGE, VERSION, &key, &work).await?;
    }
    Ok(())
}
