//! Writes a letter and hands it to the mail server, once.

use kernel::{Code, Cx, InviteId, MessageId, PersonName, TenantId};
use serde::{Deserialize, Serialize};
use wire::{
    Refusal, call, code_of, instant,
    tenant::v1::{ResolveTenantRequest, resolve_tenant_request::By, tenants_client::TenantsClient},
    user::v1::{InvitationLink, RevealInvitationLinkRequest, invites_client::InvitesClient},
};

use crate::{
    App,
    domain::{Message, Reason, Status},
    letter::{Invitation, Letter},
    mailer::SendError,
    store,
};

/// What the job that sends a message is told; never the link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SendMessage {
    pub(crate) message_id: MessageId,
    pub(crate) invite_id: InviteId,
    pub(crate) sends: i32,
    pub(crate) name: PersonName,
}

/// Why a message was not sent by this attempt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    #[error("a later letter carries the link")]
    Superseded,
    #[error("the invitation is no longer open: {0}")]
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
    if message.status == Status::Sent {
        return Ok(());
    }
    let link = reveal(app, cx, work).await?;
    let letter = write(app, cx, tenant_id, work, &message, &link).await?;
    let to = (&message.recipient, Some(&work.name));
    app.mailer.send(&letter, to.0, to.1, &message.mail_message_id).await?;
    Ok(())
}

async fn load(app: &App, tenant_id: TenantId, message_id: MessageId) -> Result<Message, Unsent> {
    let mut tx = app.db.tenant(tenant_id, "load_message").await?;
    let message = store::message(&mut tx, message_id).await?;
    tx.commit().await?;
    message.ok_or(Unsent::Fault("the message is not there"))
}

/// The link of the invitation as it stands now, if it is this message's to carry.
async fn reveal(app: &App, cx: &Cx, work: &SendMessage) -> Result<InvitationLink, Unsent> {
    let request = RevealInvitationLinkRequest { invite_id: work.invite_id.to_string() };
    let mut invites = InvitesClient::new(app.mesh.to("user"));
    let link = invites.reveal_invitation_link(call(cx, request)).await.map_err(|status| {
        let refusal = code_of(&status);
        match refusal.code {
            Code::NotFound | Code::Gone | Code::Conflict => Unsent::Gone(refusal.reason),
            _ => Unsent::Peer { service: "user", refusal },
        }
    })?;
    let link = link.into_inner();
    let about = Reason { invite_id: work.invite_id, sends: work.sends };
    if about.is_superseded_by(link.sends) {
        return Err(Unsent::Superseded);
    }
    Ok(link)
}

async fn write(
    app: &App,
    cx: &Cx,
    tenant_id: TenantId,
    work: &SendMessage,
    message: &Message,
    link: &InvitationLink,
) -> Result<Letter, Unsent> {
    let request = ResolveTenantRequest { by: Some(By::TenantId(tenant_id.to_string())) };
    let tenant = TenantsClient::new(app.mesh.to("tenant")).resolve_tenant(call(cx, request)).await;
    let tenant =
        tenant.map_err(|status| Unsent::Peer { service: "tenant", refusal: code_of(&status) })?;
    if !["http://", "https://"].iter().any(|scheme| link.url.starts_with(scheme)) {
        return Err(Unsent::Fault("the link is no web address"));
    }
    let expires_at =
        instant(link.expires_at.as_ref()).ok_or(Unsent::Fault("the link has no end"))?;
    let tenant = PersonName::parse(&tenant.get_ref().name).ok();
    let invitation =
        Invitation { name: Some(&work.name), tenant: tenant.as_ref(), url: &link.url, expires_at };
    invitation.write(&message.locale).map_err(|_| Unsent::Fault("the letter cannot be written"))
}
