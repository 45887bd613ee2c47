//! Domain values as wire messages.

use wire::{timestamp, user::v1 as proto};

use crate::domain::{Account, Effective, Member, Person, Role};

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
            roles: rights.roles.iter().cloned().collect(),
        }
    }
}
