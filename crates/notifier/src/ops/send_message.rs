//! Writes a letter and hands it to the mail server, once.

use kernel::{Cx, MessageId, PersonName, TenantId};
use serde::{Deserialize, Serialize};
use wire::Refusal;

use super::{
    write_email_change::write_email_change, write_entry::write_entry,
    write_invitation::write_invitation, write_sign_up::write_sign_up,
};
use crate::{
    App,
    domain::{Message, Reason, Status, Template},
    mailer::SendError,
    store,
};

/// What the job that sends a message is told; never the link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SendMessage {
    pub(crate) message_id: MessageId,
    #[serde(flatten)]
    pub(crate) about: Reason,
    pub(crate) name: Option<PersonName>,
}

/// Why a message was not sent by this attempt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    #[error("a later letter carries the link")]
    Superseded,
    #[error("what the letter is about is no longer open: {0}")]
    Gone(String),
    #[error("{service} did not answer as expected: {}: {}", refusal.reason, refusal.message)]
    Peer { service: &'static str, refusal: Refusal },
    #[error("{0}")]
    Fault(&'static str),
    #[error(transparent)]
    Mail(#[from] SendError),
    #[error(transparent)]
    Database(#[from] pg::Error),
}

/// Sends the message under the Message-ID it has had from the beginning: whoever receives an attempt that was
/// repeated can tell. The link is asked for each time and kept nowhere.
pub(crate) async fn send_message(
    app: &App,
    cx: &Cx,
    tenant_id: TenantId,
    work: &SendMessage,
) -> Result<(), Unsent> {
    let message = load(app, tenant_id, work.message_id).await?;
    // Where it is reported to have bounced meanwhile, it was sent.
    if matches!(message.status, Status::Sent | Status::Bounced) {
        return Ok(());
    }
    let (name, locale) = (work.name.as_ref(), &message.locale);
    let letter = match work.about {
        Reason::Invite { invite_id, sends } => {
            write_invitation(app, cx, tenant_id, invite_id, sends, name, locale).await?
        }
        Reason::EmailChange { change_id, side } => {
            write_email_change(app, cx, change_id, side, name, locale).await?
        }
        Reason::Entry { letter_id, way } => write_entry(app, cx, letter_id, way, locale).await?,
        Reason::SignUp { sign_up_id } => write_sign_up(app, cx, sign_up_id, locale).await?,
    };
    // Whoever reads at an address that is only wished for may be a stranger: no name is told to them.
    let name = name.filter(|_| message.template != Template::EmailChangeNew);
    app.mailer.send(&letter, &message.recipient, name, &message.mail_message_id).await?;
    Ok(())
}

async fn load(app: &App, tenant_id: TenantId, message_id: MessageId) -> Result<Message, Unsent> {
    let mut tx = app.db.tenant(tenant_id, "load_message").await?;
    let message = store::message(&mut tx, message_id).await?;
    tx.commit().await?;
    message.ok_or(Unsent::Fault("the message is not there"))
}
