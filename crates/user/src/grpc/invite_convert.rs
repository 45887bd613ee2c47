//! Invitations as wire messages.

use kernel::Timestamp;
use secrecy::ExposeSecret;
use wire::{timestamp, user::v1 as proto};

use crate::{
    domain::{Invite, data},
    ops::{Invitation, Link},
};

/// The invitation as it stands at `now`.
pub(super) fn invite(invite: &Invite, now: Timestamp) -> proto::Invite {
    proto::Invite {
        invite_id: invite.invite_id.to_string(),
        email: invite.email.to_string(),
        name: invite.name.to_string(),
        role: invite.role.clone(),
        status: invite.standing(now).to_string(),
        locale: invite.locale.to_string(),
        user_id: invite.user_id.to_string(),
        reference: invite.reference.clone(),
        created_at: Some(timestamp(invite.created_at)),
        expires_at: Some(timestamp(invite.expires_at)),
        accepted_at: invite.accepted_at.map(timestamp),
        sends: invite.sends,
        delivery: invite.delivery.to_string(),
        invited_by: invite.invited_by.clone(),
        workspace: data(&invite.workspace)
            .map(|(name, value)| proto::WorkspaceDatum { name: name.into(), value: value.into() })
            .collect(),
        roles: invite.roles().map(str::to_owned).collect(),
        scope_type: invite.scope_type.to_string(),
        scope_id: invite.scope_id.clone(),
    }
}

impl From<&Invitation> for proto::Invitation {
    fn from(shown: &Invitation) -> Self {
        Self {
            tenant_name: shown.tenant_name.clone(),
            tenant_id: shown.tenant.to_string(),
            tenant_slug: shown.tenant_slug.clone(),
            email: shown.invite.email.to_string(),
            name: shown.invite.name.to_string(),
            locale: shown.invite.locale.to_string(),
            expires_at: Some(timestamp(shown.invite.expires_at)),
            needs_password: shown.needs_password,
        }
    }
}

impl From<&Link> for proto::InvitationLink {
    fn from(link: &Link) -> Self {
        Self {
            url: link.url.expose_secret().to_owned(),
            expires_at: Some(timestamp(link.invite.expires_at)),
            sends: link.invite.sends,
        }
    }
}
