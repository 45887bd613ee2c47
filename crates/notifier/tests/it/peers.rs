//! Stand-ins for the services that the notifier asks.

use std::sync::{Arc, Mutex};

use kernel::{Code, Failure};
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        AskPasswordResetRequest, AskPasswordResetResponse, AskSignInLetterRequest,
        AskSignInLetterResponse, LetterSecrets, RedeemSignInLetterRequest, ResetPasswordRequest,
        ResetPasswordResponse, RevealLetterRequest, Session, letters_server,
    },
    refuse,
    tenant::v1::{
        CreateTenantRequest, GetTenantRequest, ListTenantsRequest, ListTenantsResponse,
        ResolveTenantRequest, Tenant, tenants_server,
    },
    timestamp,
    user::v1::{
        AcceptInvitationRequest, AcceptInvitationResponse, BeginInvitationPasskeyRequest,
        ConfirmEmailChangeRequest, CreateInviteRequest, EmailChange, EmailChangeLetter,
        EmailChangeLink, GetEmailChangeRequest, GetInviteRequest, Invitation, InvitationLink,
        InvitationPasskey, Invite, ListInvitesRequest, ListInvitesResponse,
        RefuseEmailChangeRequest, RequestEmailChangeRequest, ResendInviteRequest,
        RevealEmailChangeLinkRequest, RevealInvitationLinkRequest, RevokeInviteRequest,
        ShowEmailChangeRequest, ShowInvitationRequest, TakeInvitationLinkRequest,
        WithdrawEmailChangeRequest, email_changes_server, invites_server,
    },
};

/// Stands in every link; must never be met in a row or a log.
pub(crate) const CANARY: &str = "canary-of-a-token";

/// How the user service answers when asked for a link.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Link {
    /// With the link of this sending.
    Open { sends: i32 },
    /// With a link that is used as soon as it is told.
    UsedNext,
    /// The link was used.
    Used,
    /// The invitation was taken back.
    Revoked,
    /// The service is away.
    Away,
}

/// A refusal as the user service words it.
#[derive(Debug, thiserror::Error)]
#[error("{1}")]
struct Refused(Code, &'static str);

impl Failure for Refused {
    fn code(&self) -> Code {
        self.0
    }

    fn reason(&self) -> &'static str {
        self.1
    }
}

/// The user service.
pub(crate) struct Users(pub(crate) Arc<Mutex<Link>>);

/// The tenant service.
pub(crate) struct Tenants;

/// The auth service. A letter whose id ends with a zero was used.
pub(crate) struct Letters;

#[tonic::async_trait]
impl letters_server::Letters for Letters {
    async fn reveal_letter(
        &self,
        request: Request<RevealLetterRequest>,
    ) -> Result<Response<LetterSecrets>, Status> {
        if request.into_inner().letter_id.ends_with('0') {
            return Err(refuse(Refused(Code::Gone, "letter_used")));
        }
        Ok(Response::new(LetterSecrets {
            url: format!("https://usher.example/reset/{CANARY}"),
            code: "12345678".into(),
            expires_at: Some(timestamp(jiff::Timestamp::now().into())),
        }))
    }

    async fn ask_password_reset(
        &self,
        _: Request<AskPasswordResetRequest>,
    ) -> Result<Response<AskPasswordResetResponse>, Status> {
        absent()
    }

    async fn reset_password(
        &self,
        _: Request<ResetPasswordRequest>,
    ) -> Result<Response<ResetPasswordResponse>, Status> {
        absent()
    }

    async fn ask_sign_in_letter(
        &self,
        _: Request<AskSignInLetterRequest>,
    ) -> Result<Response<AskSignInLetterResponse>, Status> {
        absent()
    }

    async fn redeem_sign_in_letter(
        &self,
        _: Request<RedeemSignInLetterRequest>,
    ) -> Result<Response<Session>, Status> {
        absent()
    }
}

fn open(sends: i32) -> InvitationLink {
    InvitationLink {
        url: format!("https://usher.example/invitations/{CANARY}-{sends}"),
        expires_at: Some(timestamp(jiff::Timestamp::now().into())),
        sends,
    }
}

fn absent<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("no part of these tests"))
}

#[tonic::async_trait]
impl invites_server::Invites for Users {
    async fn begin_invitation_passkey(
        &self,
        _: Request<BeginInvitationPasskeyRequest>,
    ) -> Result<Response<InvitationPasskey>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn take_invitation_link(
        &self,
        _: Request<TakeInvitationLinkRequest>,
    ) -> Result<Response<InvitationLink>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn reveal_invitation_link(
        &self,
        request: Request<RevealInvitationLinkRequest>,
    ) -> Result<Response<InvitationLink>, Status> {
        let cx = wire::cx(&request)?;
        assert!(cx.tenant.is_some(), "the tenant travels with the call");
        let mut link = self.0.lock().expect("not poisoned");
        match *link {
            Link::Open { sends } => Ok(Response::new(open(sends))),
            Link::UsedNext => {
                *link = Link::Used;
                Ok(Response::new(open(1)))
            }
            Link::Used => Err(refuse(Refused(Code::Gone, "invitation_used"))),
            Link::Revoked => Err(refuse(Refused(Code::Gone, "invitation_revoked"))),
            Link::Away => Err(refuse(Refused(Code::Unavailable, "database_unavailable"))),
        }
    }

    async fn create_invite(
        &self,
        _: Request<CreateInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        absent()
    }

    async fn get_invite(&self, _: Request<GetInviteRequest>) -> Result<Response<Invite>, Status> {
        absent()
    }

    async fn list_invites(
        &self,
        _: Request<ListInvitesRequest>,
    ) -> Result<Response<ListInvitesResponse>, Status> {
        absent()
    }

    async fn resend_invite(
        &self,
        _: Request<ResendInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        absent()
    }

    async fn revoke_invite(
        &self,
        _: Request<RevokeInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        absent()
    }

    async fn show_invitation(
        &self,
        _: Request<ShowInvitationRequest>,
    ) -> Result<Response<Invitation>, Status> {
        absent()
    }

    async fn accept_invitation(
        &self,
        _: Request<AcceptInvitationRequest>,
    ) -> Result<Response<AcceptInvitationResponse>, Status> {
        absent()
    }
}

#[tonic::async_trait]
impl email_changes_server::EmailChanges for Users {
    async fn reveal_email_change_link(
        &self,
        request: Request<RevealEmailChangeLinkRequest>,
    ) -> Result<Response<EmailChangeLink>, Status> {
        let side = request.into_inner().side;
        match *self.0.lock().expect("not poisoned") {
            Link::Revoked => Err(refuse(Refused(Code::Gone, "email_change_withdrawn"))),
            Link::Away => Err(refuse(Refused(Code::Unavailable, "database_unavailable"))),
            _ => Ok(Response::new(EmailChangeLink {
                url: format!("https://usher.example/email/{CANARY}-{side}"),
                expires_at: Some(timestamp(jiff::Timestamp::now().into())),
            })),
        }
    }

    async fn request_email_change(
        &self,
        _: Request<RequestEmailChangeRequest>,
    ) -> Result<Response<EmailChange>, Status> {
        absent()
    }

    async fn get_email_change(
        &self,
        _: Request<GetEmailChangeRequest>,
    ) -> Result<Response<EmailChange>, Status> {
        absent()
    }

    async fn withdraw_email_change(
        &self,
        _: Request<WithdrawEmailChangeRequest>,
    ) -> Result<Response<EmailChange>, Status> {
        absent()
    }

    async fn show_email_change(
        &self,
        _: Request<ShowEmailChangeRequest>,
    ) -> Result<Response<EmailChangeLetter>, Status> {
        absent()
    }

    async fn confirm_email_change(
        &self,
        _: Request<ConfirmEmailChangeRequest>,
    ) -> Result<Response<EmailChangeLetter>, Status> {
        absent()
    }

    async fn refuse_email_change(
        &self,
        _: Request<RefuseEmailChangeRequest>,
    ) -> Result<Response<EmailChangeLetter>, Status> {
        absent()
    }
}

#[tonic::async_trait]
impl tenants_server::Tenants for Tenants {
    async fn resolve_tenant(
        &self,
        _: Request<ResolveTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        Ok(Response::new(Tenant { name: "Школа <42>".into(), ..Default::default() }))
    }

    async fn create_tenant(
        &self,
        _: Request<CreateTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        absent()
    }

    async fn get_tenant(&self, _: Request<GetTenantRequest>) -> Result<Response<Tenant>, Status> {
        absent()
    }

    async fn list_tenants(
        &self,
        _: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        absent()
    }
}
