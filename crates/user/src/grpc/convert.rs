//! Domain values as wire messages.

use kernel::Timestamp;
use secrecy::ExposeSecret;
use wire::{timestamp, user::v1 as proto};

use crate::{
    domain::{Account, Effective, Invite, Member, Person, Role, data},
    ops::{Invitation, Link},
};

/// The invitation as it stands at `now`.
pub(super) fn invite(invite: &Invite, now: Timestamp) -> proto::Invite {
    proto::Invite {
        invite_id: invite.invite_id.to_string(),
        email: invite.email.to_string(),
        name: invite.name.to_string(),
        role: invite.role.to_string(),
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
    }
}

impl From<&Invitation> for proto::Invitation {
    fn from(shown: &Invitation) -> Self {
        Self {
            tenant_name: shown.tenant_name.clone(),
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

impl From<&Person> for proto::User {
    fn from(person: &Person) -> Self {
        Self {
            user_id: person.user_id.to_string(),
            email: person.email.to_string(),
            name: person.name.to_string(),
            status: person.status.to_string(),
            created_at: Some(timestamp(person.created_at)),
            activated_at: person.activated_at.map(timestamp),
        }
    }
}

impl From<&Member> for proto::Member {
    fn from(member: &Member) -> Self {
        Self {
            user_id: member.user_id.to_string(),
            email: member.email.to_string(),
            name: member.name.to_string(),
            status: member.status.to_string(),
            roles: member.roles.clone(),
            joined_at: Some(timestamp(member.joined_at)),
        }
    }
}

impl From<&Account> for proto::Account {
    fn from(account: &Account) -> Self {
        Self {
            user_id: account.user_id.to_string(),
            legacy_id: account.legacy_id,
            email: account.email.to_string(),
            name: account.name.to_string(),
            status: account.status.to_string(),
            roles: account.roles.clone(),
            created_at: Some(timestamp(account.created_at)),
            joined_at: account.joined_at.map(timestamp),
        }
    }
}

impl From<Role> for proto::Role {
    fn from(role: Role) -> Self {
        Self {
            name: role.name().into(),
            scope: role.scope().into(),
            permissions: role.permissions().iter().map(|&held| held.into()).collect(),
        }
    }
}

impl From<&Effective> for proto::Effective {
    fn from(rights: &Effective) -> Self {
        Self {
            permissions: rights.permissions.iter().cloned().collect(),
            suspended: rights.suspended,
            system_admin: rights.system_admin,
            epoch: rights.epoch,
            belongs: rights.belongs,
        }
    }
}
