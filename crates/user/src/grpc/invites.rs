//! `usher.user.v1.Invites`.

use std::{collections::BTreeSet, mem::take};

use kernel::{Email, Locale, PageSize, PersonName};
use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse, repeatable, timestamp,
    user::v1::{
        AcceptInvitationRequest, AcceptInvitationResponse, CreateInviteRequest, GetInviteRequest,
        Invitation, InvitationLink, Invite, ListInvitesRequest, ListInvitesResponse,
        ResendInviteRequest, RevealInvitationLinkRequest, RevokeInviteRequest,
        ShowInvitationRequest, TakeInvitationLinkRequest, WorkspaceDatum, invites_server::Invites,
    },
};

use super::{convert, optional_id, tenant};
use crate::{
    App, Error,
    domain::{self, Delivery, InviteStatus, Lifetime, TenantRole, Token, datum, reference},
    ops,
    store::InviteFilter,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

impl Rpc {
    fn shown(&self, invite: &domain::Invite) -> Invite {
        convert::invite(invite, self.0.clock.now())
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
        let command = command(&request, fingerprint)?;
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
        let shown = ops::show_invitation(&self.0, &cx, &token).await.map_err(refuse)?;
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
        let command = ops::AcceptInvitation { token, password: request.password.into() };
        let invite = ops::accept_invitation(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(AcceptInvitationResponse {
            user_id: invite.user_id.to_string(),
            tenant_id,
            invite_id: invite.invite_id.to_string(),
            accepted_at: invite.accepted_at.map(timestamp),
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

fn command(
    request: &CreateInviteRequest,
    fingerprint: Vec<u8>,
) -> Result<ops::CreateInvite, Status> {
    let locale = Some(&request.locale).filter(|text| !text.is_empty());
    let role = match (request.role.as_str(), request.roles.as_slice()) {
        ("", []) => TenantRole::Client,
        (name, []) => parse("role", name, role_of)?,
        ("", [name]) => parse("roles", name, role_of)?,
        _ => parse("roles", "", |_| Err("must hold one role, and none where role is given"))?,
    };
    Ok(ops::CreateInvite {
        email: parse("email", &request.email, Email::parse)?,
        name: parse("name", &request.name, PersonName::parse)?,
        role,
        locale: locale.map(|text| parse("locale", text, Locale::parse)).transpose()?,
        reference: parse("reference", &request.reference, reference)?,
        lifetime: Lifetime::from_wire(request.expires_in_hours)
            .or_else(|problem| parse("expiresInHours", "", |_| Err(problem)))?,
        workspace: parse("workspace", "", |_| workspace(&request.workspace))?,
        fingerprint,
    })
}

/// What a workspace is to be set up with, by name.
fn workspace(data: &[WorkspaceDatum]) -> Result<Vec<String>, &'static str> {
    let names: BTreeSet<&str> = data.iter().map(|datum| datum.name.as_str()).collect();
    if data.len() > 20 || names.len() < data.len() {
        return Err("must hold at most 20, each with a name of its own");
    }
    let mut read: Vec<String> =
        data.iter().map(|one| datum(&one.name, &one.value)).collect::<Result<_, _>>()?;
    read.sort_unstable();
    Ok(read)
}

fn filter(request: &ListInvitesRequest) -> Result<InviteFilter, Status> {
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Ok(InviteFilter {
        status: word("status", &request.status, status_of)?,
        email: given(&request.email).map(|text| text.trim().to_ascii_lowercase()),
        role: word("role", &request.role, role_of)?,
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
    Delivery::parse(word).ok_or("is none of queued, sent, failed")
}

pub(super) fn role_of(name: &str) -> Result<TenantRole, &'static str> {
    TenantRole::parse(name)
        .ok_or("is not a role of a tenant (owner, admin, operator, client, user)")
}

fn status_of(word: &str) -> Result<InviteStatus, &'static str> {
    InviteStatus::parse(word).ok_or("is none of pending, accepted, expired, revoked")
}

/// A text that is no token of ours is a link to nothing.
fn token(text: &str) -> Result<Token, Status> {
    Token::parse(text).ok_or_else(|| refuse(Error::InvitationNotFound))
}
