//! Writes the letter that carries the link of an invitation.

use kernel::{Cx, InviteId, Locale, PersonName, TenantId};
use wire::{
    call, code_of, instant,
    tenant::v1::{ResolveTenantRequest, resolve_tenant_request::By, tenants_client::TenantsClient},
    user::v1::{InvitationLink, RevealInvitationLinkRequest, invites_client::InvitesClient},
};

use super::{
    send_message::Unsent,
    write_email_change::{refused, web_address},
};
use crate::{
    App,
    letter::{Invitation, Letter},
};

/// The letter of one sending of an invitation, as it stands now.
pub(super) async fn write_invitation(
    app: &App,
    cx: &Cx,
    tenant_id: TenantId,
    invite_id: InviteId,
    sends: i32,
    name: Option<&PersonName>,
    locale: &Locale,
) -> Result<Letter, Unsent> {
    let link = reveal(app, cx, invite_id, sends).await?;
    let request = ResolveTenantRequest { by: Some(By::TenantId(tenant_id.to_string())) };
    let tenant = TenantsClient::new(app.mesh.to("tenant")).resolve_tenant(call(cx, request)).await;
    let tenant =
        tenant.map_err(|status| Unsent::Peer { service: "tenant", refusal: code_of(&status) })?;
    let expires_at =
        instant(link.expires_at.as_ref()).ok_or(Unsent::Fault("the link has no end"))?;
    let tenant = PersonName::parse(&tenant.get_ref().name).ok();
    let invitation =
        Invitation { name, tenant: tenant.as_ref(), url: web_address(&link.url)?, expires_at };
    invitation.write(locale).map_err(|_| Unsent::Fault("the letter cannot be written"))
}

/// The link of the invitation as it stands now, if it is this sending's to carry.
async fn reveal(
    app: &App,
    cx: &Cx,
    invite_id: InviteId,
    sends: i32,
) -> Result<InvitationLink, Unsent> {
    let request = RevealInvitationLinkRequest { invite_id: invite_id.to_string() };
    let mut invites = InvitesClient::new(app.mesh.to("user"));
    let link = invites.reveal_invitation_link(call(cx, request)).await;
    let link = link.map_err(|status| refused("user", &status))?.into_inner();
    if link.sends > sends {
        return Err(Unsent::Superseded);
    }
    Ok(link)
}
