//! Asks the user service to invite a client's person.

use kernel::{Cx, InviteId, Timestamp, UserId};
use wire::user::v1::{CreateInviteRequest, invites_client::InvitesClient};

use crate::{App, Error, Result, domain::Client};

/// The user service's answer, read.
#[derive(Debug)]
pub(super) struct Invitation {
    /// None for a person who belonged to the tenant before and was never invited.
    pub(super) invite_id: Option<InviteId>,
    pub(super) user_id: Option<UserId>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) accepted: bool,
}

/// Has the person invited in the name of whoever asked for the onboarding. The same invitation is asked for with the
/// same key, so a repeated call makes no second one.
pub(super) async fn ask_invite(app: &App, cx: &Cx, client: &Client) -> Result<Invitation> {
    let request = CreateInviteRequest {
        email: client.email.to_string(),
        name: client.name.to_string(),
        role: client.role.to_string(),
        locale: client.locale.as_ref().map(ToString::to_string).unwrap_or_default(),
        reference: client.client_id.to_string(),
        ..CreateInviteRequest::default()
    };
    let cx = Cx { idempotency_key: Some(client.invite_key()), ..cx.clone() };
    let answer = InvitesClient::new(app.mesh.to("user"))
        .create_invite(wire::call(&cx, request))
        .await
        .map_err(|status| Error::NotInvited(Box::new(wire::code_of(&status))))?
        .into_inner();
    Ok(Invitation {
        invite_id: given(&answer.invite_id, InviteId::parse, "invite_id")?,
        user_id: given(&answer.user_id, UserId::parse, "user_id")?,
        expires_at: wire::instant(answer.expires_at.as_ref()),
        accepted: answer.status == "accepted",
    })
}

/// An id that may be left out, but not be malformed.
fn given<T, E>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
    field: &'static str,
) -> Result<Option<T>> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).map_err(|_| Error::MalformedInvite(field))
}
