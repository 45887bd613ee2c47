//! Distinct identifier types, so that a user id can never be passed where a tenant id is meant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a valid {kind} id (expected a UUID)")]
pub struct UnknownId {
    kind: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Reads an id from outside text: only the hyphenated lower-case form is one spelling of an id.
            ///
            /// # Errors
            /// [`UnknownId`] for anything that is not the canonical form.
            pub fn parse(text: &str) -> Result<Self, UnknownId> {
                let unknown = UnknownId { kind: $kind };
                let id = Uuid::try_parse(text).map_err(|_| unknown.clone())?;
                if id.hyphenated().to_string() == text { Ok(Self(id)) } else { Err(unknown) }
            }

            /// The raw UUID, for the edges that speak UUID (SQL, protobuf).
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = UnknownId;

            fn from_str(text: &str) -> Result<Self, UnknownId> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

ids! {
    /// A customer's isolated space; every tenant row begins with it.
    TenantId = "tenant";
    /// A person, global: one person, one verified e-mail, many tenants.
    UserId = "user";
    /// A signed-in session or an operator's credential.
    SessionId = "session";
    /// An invitation to a tenant.
    InviteId = "invite";
    /// A client on the way to a working workspace.
    ClientId = "client";
    /// A durable job.
    JobId = "job";
    /// A message to a person.
    MessageId = "message";
    /// A letter that lets a person in.
    LetterId = "letter";
    /// A community event.
    EventId = "event";
    /// An item of the activity feed.
    ActivityId = "activity";
    /// Something that went wrong on the platform, until it is closed.
    IncidentId = "incident";
    /// A community or a team.
    GroupId = "group";
    /// A role of a tenant or of the platform.
    RoleId = "role";
    /// A fact told on the bus; also its CloudEvents id and its `Nats-Msg-Id`.
    FactId = "fact";
}

impl TenantId {
    /// The platform itself: the owner of facts and audit rows that belong to no customer.
    pub const PLATFORM: Self = Self(Uuid::nil());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let text = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";
        assert_eq!(TenantId::parse(text).expect("canonical").to_string(), text);
        for other in [
            text.to_uppercase(),
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
            format!(" {text}"),
            String::new(),
        ] {
            assert!(TenantId::parse(&other).is_err(), "{other} must be refused");
        }
    }
}
