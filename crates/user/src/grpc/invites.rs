//! `usher.user.v1.Invites`.

use std::mem::take;

use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse, repeatable, timestamp,
    user::v1::{
        AcceptInvitationRequest, AcceptInvitationResponse, BeginInvitationPasskeyRequest,
        CreateInviteRequest, GetInviteRequest, Invitation, InvitationLink, InvitationPasskey,
        Invite, ListInvitesRequest, ListInvitesResponse, ResendInviteRequest,
        RevealInvitationLinkRequest, RevokeInviteRequest, ShowInvitationRequest,
        TakeInvitationLinkRequest, WorkspaceDatum, invites_server::Invites,
    },
};

use super::{invite_convert, optional_id, tenant};
use crate::{
    App, Error,
    domain::{self, Delivery, InviteStatus, RawWish, RoleName, Token},
    ops,
    peers::NewPasskey,
    store::InviteFilter,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

impl Rpc {
    fn shown(&self, invite: &domain::Invite) -> Invite {
        invite_convert::invite(invite, self.0.clock.now())
    }
}

#[tonic::async_trait]
impl Invites for Rpc {
    async fn create_invite(
        &self,
        request: Request<CreateInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let command = command(request, fingerprint)?;
        let invite = ops::create_invite(&self.0, &cx, tenant, command).await.map_err(refuse)?;
        Ok(Response::new(self.shown(&invite)))
    }

    async fn get_invite(
        &self,
        request: Request<GetInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let invite_id = id("inviteId", &request.get_ref().invite_id)?;
        let invite = ops::get_invite(&self.0, tenant, invite_id).await.map_err(refuse)?;
        Ok(Response::new(self.shown(&invite)))
    }

    async fn list_invites(
        &self,
        request: Request<ListInvitesRequest>,
    ) -> Result<Response<ListInvitesResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let filter = filter(&request)?;
        let size = PageSize::from_wire(request.page_size);
        let after = optional_id("pageToken", &request.page_token)?;
        let page = ops::list_invites(&self.0, tenant, &filter, size, after).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListInvitesResponse {
            invites: page.items.iter().map(|invite| self.shown(invite)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn resend_invite(
        &self,
        request: Request<ResendInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let invite_id = id("inviteId", &request.invite_id)?;
        let tenant = tenant(&cx)?;
        let invite = ops::resend_invite(&self.0, &cx, tenant, invite_id, &fingerprint).await;
        Ok(Response::new(self.shown(&invite.map_err(refuse)?)))
    }

    async fn revoke_invite(
        &self,
        request: Request<RevokeInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        let cx = wire::cx(&request)?;
        let invite_id = id("inviteId", &request.get_ref().invite_id)?;
        let invite = ops::revoke_invite(&self.0, &cx, tenant(&cx)?, invite_id).await;
        Ok(Response::new(self.shown(&invite.map_err(refuse)?)))
    }

    async fn show_invitation(
        &self,
        request: Request<ShowInvitationRequest>,
    ) -> Result<Response<Invitation>, Status> {
        let cx = wire::cx(&request)?;
        let token = token(&request.get_ref().token)?;
        let seen = request.get_ref().seen;
        let shown = ops::show_invitation(&self.0, &cx, &token, seen).await.map_err(refuse)?;
        Ok(Response::new((&shown).into()))
    }

    async fn accept_invitation(
        &self,
        request: Request<AcceptInvitationRequest>,
    ) -> Result<Response<AcceptInvitationResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let token = token(&request.token)?;
        let tenant_id = token.tenant().to_string();
        let shown = shown(request.password, request.passkey_token, request.passkey_credential)?;
        let command = ops::AcceptInvitation { token, shown };
        let invite = ops::accept_invitation(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(AcceptInvitationResponse {
            user_id: invite.user_id.to_string(),
            tenant_id,
            invite_id: invite.invite_id.to_string(),
            accepted_at: invite.accepted_at.map(timestamp),
        }))
    }

    async fn begin_invitation_passkey(
        &self,
        request: Request<BeginInvitationPasskeyRequest>,
    ) -> Result<Response<InvitationPasskey>, Status> {
        let cx = wire::cx(&request)?;
        let token = token(&request.get_ref().token)?;
        let asked = ops::begin_invitation_passkey(&self.0, &cx, &token).await.map_err(refuse)?;
        Ok(Response::new(InvitationPasskey {
            passkey_token: asked.token,
            options: asked.options,
            expires_at: asked.expires_at,
        }))
    }

    async fn take_invitation_link(
        &self,
        request: Request<TakeInvitationLinkRequest>,
    ) -> Result<Response<InvitationLink>, Status> {
        let cx = wire::cx(&request)?;
        let invite_id = id("inviteId", &request.get_ref().invite_id)?;
        let link = ops::take_invitation_link(&self.0, &cx, tenant(&cx)?, invite_id).await;
        Ok(Response::new((&link.map_err(refuse)?).into()))
    }

    async fn reveal_invitation_link(
        &self,
        request: Request<RevealInvitationLinkRequest>,
    ) -> Result<Response<InvitationLink>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let invite_id = id("inviteId", &request.get_ref().invite_id)?;
        let link = ops::reveal_invitation_link(&self.0, tenant, invite_id).await.map_err(refuse)?;
        Ok(Response::new((&link).into()))
    }
}

/// What the invited person shows: one of the two, or an empty password.
fn shown(password: String, token: String, credential: String) -> Result<ops::Shown, Status> {
    match (password.is_empty(), token.is_empty() && credential.is_empty()) {
        (_, true) => Ok(ops::Shown::Password(password.into())),
        (true, false) => Ok(ops::Shown::Passkey(NewPasskey {
            token: token.into(),
            credential: credential.into(),
        })),
        (false, false) => parse("password", "", |_| Err("must be empty beside a passkey")),
    }
}

fn command(
    request: CreateInviteRequest,
    fingerprint: Vec<u8>,
) -> Result<ops::CreateInvite, Status> {
    let wish = RawWish {
        email: request.email,
        name: request.name,
        role: request.role,
        roles: request.roles,
        locale: request.locale,
        reference: request.reference,
        expires_in_hours: hours(request.expires_in_hours),
        workspace: pairs(request.workspace),
        scope_type: request.scope_type,
        scope_id: request.scope_id,
    };
    let wish = wish.read().or_else(|(field, problem)| parse(field, "", |_| Err(problem)))?;
    Ok(ops::CreateInvite { wish, fingerprint })
}

/// A life as the text of a wish; zero says nothing.
pub(super) fn hours(hours: i32) -> String {
    if hours == 0 { String::new() } else { hours.to_string() }
}

/// The names and values of what is known of a workspace.
pub(super) fn pairs(data: Vec<WorkspaceDatum>) -> Vec<(String, String)> {
    data.into_iter().map(|datum| (datum.name, datum.value)).collect()
}

fn filter(request: &ListInvitesRequest) -> Result<InviteFilter, Status> {
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Ok(InviteFilter {
        status: word("status", &request.status, status_of)?,
        email: given(&request.email).map(|text| text.trim().to_ascii_lowercase()),
        role: word("role", &request.role, RoleName::parse)?,
        delivery: word("delivery", &request.delivery, delivery_of)?,
        invited_by: given(&request.invited_by),
    })
}

/// Reads a word where one is given.
fn word<T>(
    field: &str,
    text: &str,
    reader: fn(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, Status> {
    Some(text).filter(|text| !text.is_empty()).map(|text| parse(field, text, reader)).transpose()
}

fn delivery_of(word: &str) -> Result<Delivery, &'static str> {
    Delivery::parse(word).ok_or("is none of queued, sent, bounced, opened, failed")
}

fn status_of(word: &str) -> Result<InviteStatus, &'static str> {
    InviteStatus::parse(word).ok_or("is none of pending, accepted, expired, revoked")
}

/// A text that is no token of ours is a link to nothing.
fn token(text: &str) -> Result<Token, Status> {
    Token::parse(text).ok_or_else(|| refuse(Error::InvitationNotFound))
}
