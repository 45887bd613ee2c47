//! Invitations.

use std::sync::atomic::Ordering;

use tonic::Request;
use wire::user::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, BeginInvitationPasskeyRequest,
    CreateInviteRequest, GetInviteRequest, Invitation, InvitationLink, InvitationPasskey, Invite,
    ListInvitesRequest, ListInvitesResponse, ResendInviteRequest, RevealInvitationLinkRequest,
    RevokeInviteRequest, ShowInvitationRequest, TakeInvitationLinkRequest, invites_server::Invites,
};

use super::{Answer, Fake, unasked};

#[tonic::async_trait]
impl Invites for Fake {
    async fn create_invite(&self, _: Request<CreateInviteRequest>) -> Answer<Invite> {
        unasked()
    }

    async fn get_invite(&self, _: Request<GetInviteRequest>) -> Answer<Invite> {
        unasked()
    }

    async fn list_invites(&self, _: Request<ListInvitesRequest>) -> Answer<ListInvitesResponse> {
        unasked()
    }

    async fn resend_invite(&self, _: Request<ResendInviteRequest>) -> Answer<Invite> {
        unasked()
    }

    async fn revoke_invite(&self, _: Request<RevokeInviteRequest>) -> Answer<Invite> {
        unasked()
    }

    async fn show_invitation(&self, request: Request<ShowInvitationRequest>) -> Answer<Invitation> {
        if request.get_ref().seen {
            self.0.seen.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(status) = self.0.closed.lock().expect("closed").clone() {
            return Err(status);
        }
        Ok(self.0.invitation.lock().expect("invitation").clone().into())
    }

    async fn accept_invitation(
        &self,
        request: Request<AcceptInvitationRequest>,
    ) -> Answer<AcceptInvitationResponse> {
        *self.0.acceptance.lock().expect("acceptance") = request.into_inner();
        self.0.accepted.fetch_add(1, Ordering::SeqCst);
        match self.0.refuse_password.lock().expect("refusal").clone() {
            Some(status) => Err(status),
            None => Ok(AcceptInvitationResponse::default().into()),
        }
    }

    async fn begin_invitation_passkey(
        &self,
        _: Request<BeginInvitationPasskeyRequest>,
    ) -> Answer<InvitationPasskey> {
        Ok(InvitationPasskey {
            passkey_token: super::CEREMONY.into(),
            options: "{\"challenge\":\"AAAA\"}".into(),
            expires_at: Some(super::sessions::in_an_hour()),
        }
        .into())
    }

    async fn take_invitation_link(
        &self,
        _: Request<TakeInvitationLinkRequest>,
    ) -> Answer<InvitationLink> {
        unasked()
    }

    async fn reveal_invitation_link(
        &self,
        _: Request<RevealInvitationLinkRequest>,
    ) -> Answer<InvitationLink> {
        unasked()
    }
}
