//! Asks the user service to take a revoked client's invitation back.

use kernel::{Code, Cx, InviteId};
use wire::user::v1::{RevokeInviteRequest, invites_client::InvitesClient};

use crate::{App, Error, Result};

/// Has the invitation end. One that was accepted, has ended or is not known needs nothing.
pub(crate) async fn revoke_invite(app: &App, cx: &Cx, id: InviteId) -> Result<()> {
    let request = RevokeInviteRequest { invite_id: id.to_string() };
    let answer =
        InvitesClient::new(app.mesh.to("user")).revoke_invite(wire::call(cx, request)).await;
    match answer.map_err(|status| wire::code_of(&status)) {
        Ok(_) => Ok(()),
        Err(refusal) if matches!(refusal.code, Code::NotFound | Code::Conflict | Code::Gone) => {
            Ok(())
        }
        Err(refusal) => Err(Error::PeerRefused(Box::new(refusal))),
    }
}
