//! An invitation and its life: pending, then accepted, expired or revoked.

use kernel::{Email, InviteId, Locale, PersonName, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    domain::{Delivery, InvitePolicy, Lifetime, Scope, ScopeType},
};

kernel::closed_set! {
    /// What became of an invitation.
    pub(crate) enum InviteStatus {
        /// Its link works.
        Pending = "pending",
        /// Somebody came in by it.
        Accepted = "accepted",
        /// Its time is over.
        Expired = "expired",
        /// It was taken back.
        Revoked = "revoked",
    }
}

/// An invitation of a person to a tenant; never its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invite {
    pub(crate) invite_id: InviteId,
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    /// The main role: built in, or the tenant's own.
    pub(crate) role: String,
    /// As stored; [`Invite::standing`] says what holds now.
    pub(crate) status: InviteStatus,
    pub(crate) locale: Locale,
    pub(crate) reference: String,
    pub(crate) sends: i32,
    pub(crate) ttl_hours: i32,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) accepted_at: Option<Timestamp>,
    /// Who made it, as audit rows name an actor.
    #[serde(default)]
    pub(crate) invited_by: String,
    /// Who sent it last and so answers for its role, as audit rows name an actor.
    #[serde(default)]
    pub(crate) vouched_by: String,
    /// What became of its newest letter.
    #[serde(default)]
    pub(crate) delivery: Delivery,
    /// How many wrong passwords were given over its newest link.
    #[serde(default)]
    pub(crate) attempts: i32,
    /// What the person's workspace is to be set up with, each `name=value`.
    #[serde(default)]
    pub(crate) workspace: Vec<String>,
    /// Roles beside the main one.
    #[serde(default)]
    pub(crate) more_roles: Vec<String>,
    /// Where the roles hold.
    #[serde(default = "whole_tenant")]
    pub(crate) scope_type: ScopeType,
    #[serde(default)]
    pub(crate) scope_id: String,
}

/// Where the roles of invitations held before they could hold elsewhere.
const fn whole_tenant() -> ScopeType {
    ScopeType::Tenant
}

impl Invite {
    /// The status at this moment: expiry is a matter of time, not of a stored word.
    pub(crate) fn standing(&self, now: Timestamp) -> InviteStatus {
        match self.status {
            InviteStatus::Pending if self.expires_at <= now => InviteStatus::Expired,
            other => other,
        }
    }

    /// All its roles, the main one first.
    pub(crate) fn roles(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.role).chain(&self.more_roles).map(String::as_str)
    }

    /// Where its roles hold.
    pub(crate) fn scope(&self) -> Scope {
        Scope { kind: self.scope_type, id: self.scope_id.clone() }
    }

    /// Whether its link opens the door now.
    pub(crate) fn open(&self, now: Timestamp) -> Result<()> {
        refuse(self.standing(now))
    }

    /// Whether its newest link stood as many wrong passwords as it may. The invitation itself lives on.
    pub(crate) const fn is_exhausted(&self, policy: &InvitePolicy) -> bool {
        self.attempts >= policy.most_attempts
    }

    /// The invitation as it is after one more sending by `sender`, for which its time begins anew and its link has stood
    /// nothing yet. An invitation whose time is over may be sent again too.
    pub(crate) fn resend(
        self,
        policy: &InvitePolicy,
        sender: String,
        now: Timestamp,
    ) -> Result<Self> {
        refuse(self.status)?;
        if self.sends >= policy.most_sends {
            return Err(Error::ResendLimit);
        }
        let expires_at = Lifetime::of(self.ttl_hours).from(now);
        Ok(Self {
            sends: self.sends + 1,
            expires_at,
            vouched_by: sender,
            delivery: Delivery::Queued,
            attempts: 0,
            ..self
        })
    }

    /// The invitation taken back; `None` where it was before.
    pub(crate) fn revoke(self) -> Result<Option<Self>> {
        match self.status {
            InviteStatus::Revoked => Ok(None),
            status => {
                refuse(status)?;
                Ok(Some(Self { status: InviteStatus::Revoked, ..self }))
            }
        }
    }
}

/// Why nothing can be done any more with an invitation in this status.
const fn refuse(status: InviteStatus) -> Result<()> {
    match status {
        InviteStatus::Pending => Ok(()),
        InviteStatus::Accepted => Err(Error::InvitationUsed),
        InviteStatus::Expired => Err(Error::InvitationExpired),
        InviteStatus::Revoked => Err(Error::InvitationRevoked),
    }
}

/// Reads what the inviting side calls an invitation: at most 200 characters, no control characters.
pub(crate) fn reference(text: &str) -> Result<String, &'static str> {
    if text.chars().count() > 200 {
        return Err("is longer than 200 characters");
    }
    if text.chars().any(char::is_control) {
        return Err("holds control characters");
    }
    Ok(text.into())
}

/// Reads one thing known of a workspace: `name` of 1 to 64 of a-z, 0-9 and _, `value` of at most 500 characters.
pub(crate) fn datum(name: &str, value: &str) -> Result<String, &'static str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !(1..=64).contains(&name.len()) || !name.bytes().all(plain) {
        return Err("must be named by 1 to 64 of a-z, 0-9 and _");
    }
    if value.chars().count() > 500 || value.chars().any(char::is_control) {
        return Err("must have values of at most 500 characters without control characters");
    }
    Ok(format!("{name}={value}"))
}

/// The names and values of what is known of a workspace.
pub(crate) fn data(workspace: &[String]) -> impl Iterator<Item = (&str, &str)> {
    workspace.iter().filter_map(|datum| datum.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Failure;
    use uuid::Uuid;

    fn start() -> Timestamp {
        jiff::Timestamp::UNIX_EPOCH.into()
    }

    fn invite(status: InviteStatus) -> Invite {
        Invite {
            invite_id: Uuid::from_u128(1).into(),
            user_id: Uuid::from_u128(2).into(),
            email: Email::parse("ann@example.com").expect("an address"),
            name: PersonName::parse("Ann").expect("a name"),
            role: "client".into(),
            status,
            locale: Locale::parse("en").expect("a language"),
            reference: String::new(),
            sends: 1,
            ttl_hours: 72,
            created_at: start(),
            expires_at: Lifetime::of(72).from(start()),
            accepted_at: None,
            invited_by: "service:provisioning".into(),
            vouched_by: "service:provisioning".into(),
            delivery: Delivery::Sent,
            attempts: 9,
            workspace: Vec::new(),
            more_roles: Vec::new(),
            scope_type: ScopeType::Tenant,
            scope_id: String::new(),
        }
    }

    fn reason<T>(outcome: Result<T>) -> &'static str {
        outcome.map_or_else(|error| error.reason(), |_| "ok")
    }

    #[test]
    fn only_a_pending_invitation_in_its_time_opens() {
        let end = Lifetime::of(72).from(start());
        assert_eq!(reason(invite(InviteStatus::Pending).open(start())), "ok");
        for (status, now, expected) in [
            (InviteStatus::Pending, end, "invitation_expired"),
            (InviteStatus::Accepted, end, "invitation_used"),
            (InviteStatus::Revoked, start(), "invitation_revoked"),
            (InviteStatus::Expired, start(), "invitation_expired"),
        ] {
            assert_eq!(reason(invite(status).open(now)), expected);
        }
    }

    #[test]
    fn sending_again_renews_the_time_and_ends_at_the_limit() {
        let (end, policy) = (Lifetime::of(72).from(start()), InvitePolicy::default());
        let mut current = invite(InviteStatus::Pending);
        for sends in 2..=policy.most_sends {
            current = current.resend(&policy, "user:bob".into(), end).expect("may be sent");
            assert_eq!((current.sends, current.expires_at), (sends, Lifetime::of(72).from(end)));
            assert_eq!((current.vouched_by.as_str(), current.attempts), ("user:bob", 0));
            assert_eq!(current.delivery, Delivery::Queued);
        }
        assert_eq!(reason(current.resend(&policy, String::new(), end)), "resend_limit");
        let accepted = invite(InviteStatus::Accepted).resend(&policy, String::new(), start());
        assert_eq!(reason(accepted), "invitation_used");
    }

    #[test]
    fn wrong_passwords_use_up_the_link_and_never_the_invitation() {
        let policy = InvitePolicy::default();
        let tried = invite(InviteStatus::Pending);
        assert!(!tried.is_exhausted(&policy));
        let exhausted = Invite { attempts: 10, ..tried };
        assert!(exhausted.is_exhausted(&policy));
        let again = exhausted.resend(&policy, String::new(), start()).expect("may be sent");
        assert!(!again.is_exhausted(&policy));
    }

    #[test]
    fn a_datum_of_a_workspace_has_a_plain_name_and_a_short_value() {
        assert_eq!(datum("size_2", "a=b"), Ok("size_2=a=b".into()));
        let long = "x".repeat(501);
        for (name, value) in [("", "x"), ("A", "x"), ("a b", "x"), ("a", "x\ny"), ("a", &long)] {
            assert!(datum(name, value).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn an_answer_kept_before_there_were_several_roles_reads_back() {
        let mut kept = serde_json::to_value(invite(InviteStatus::Pending)).expect("writes");
        let fields = kept.as_object_mut().expect("an object");
        for field in ["more_roles", "scope_type", "scope_id"] {
            fields.remove(field).expect("a field");
        }
        let read: Invite = serde_json::from_value(kept).expect("reads");
        assert_eq!(read, invite(InviteStatus::Pending));
        assert_eq!(read.roles().collect::<Vec<_>>(), ["client"]);
    }

    #[test]
    fn taking_back_twice_changes_nothing_and_an_accepted_one_stays() {
        let revoked = invite(InviteStatus::Pending).revoke().expect("may be").expect("changes");
        assert_eq!(revoked.status, InviteStatus::Revoked);
        assert_eq!(revoked.revoke().expect("may be"), None);
        assert_eq!(reason(invite(InviteStatus::Accepted).revoke()), "invitation_used");
    }
}
