//! Decides that a person is written to, once for each reason.

use kernel::{Cx, Email, Locale, MessageId, PersonName};

use crate::{
    App, Error, Result,
    domain::{Channel, Message, Reason, Status, SubjectKind, Template},
    jobs::{SEND_MESSAGE, VERSION},
    ops::SendMessage,
    store,
};

/// Whom to write to, and about what.
#[derive(Debug)]
pub(crate) struct QueueMessage {
    pub(crate) about: Reason,
    pub(crate) recipient: Email,
    pub(crate) name: PersonName,
    pub(crate) locale: Locale,
}

/// Keeps the message and plans its sending in one transaction.
pub(crate) async fn queue_message(app: &App, cx: &Cx, command: QueueMessage) -> Result<()> {
    let tenant_id = cx.tenant.ok_or(Error::TenantRequired)?;
    let mut tx = app.db.tenant(tenant_id, "queue_message").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    let message_id = app.clock.new_id::<MessageId>();
    let message = Message {
        message_id,
        channel: Channel::Email,
        template: Template::Invitation,
        recipient: command.recipient,
        locale: command.locale,
        status: Status::Queued,
        attempts: 0,
        mail_message_id: app.mailer.message_id_of(message_id),
        subject_kind: SubjectKind::Invite,
        subject_id: command.about.invite_id,
        dedupe_key: command.about.dedupe_key(),
        reason: None,
        created_at: app.clock.now(),
        sent_at: None,
    };
    if store::insert_message(&mut tx, tenant_id, &message).await? {
        let work = SendMessage {
            message_id,
            invite_id: command.about.invite_id,
            sends: command.about.sends,
            name: command.name,
        };
        let key = message_id.to_string();
        ::jobs::start(&mut tx, cx, SEND_MESSAGE, VERSION, &key, &work).await?;
    }
    tx.commit().await?;
    Ok(())
}
