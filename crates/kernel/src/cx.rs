//! The request context: who asks, for which tenant, caused by what.

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::{Clock, FactId, SessionId, TenantId, Timestamp, UserId};

/// Whether a permission is about what a tenant's own people wrote or were told: not even those whom the platform trusts
/// read that, unless the tenant allows them to.
#[must_use]
pub fn is_content(permission: &str) -> bool {
    permission.starts_with("reports.") || permission.starts_with("courses.content.")
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody has been identified.
    Anonymous,
    /// A person, through a session.
    User {
        /// The person.
        id: UserId,
        /// The session or credential in use.
        session: SessionId,
    },
    /// One of our services, acting for itself (a consumer, a job).
    Service(String),
}

impl Actor {
    /// A short text for audit rows: `user:<id>`, `service:<name>` or `anonymous`.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".into(),
            Self::User { id, .. } => format!("user:{id}"),
            Self::Service(name) => format!("service:{name}"),
        }
    }
}

crate::closed_set! {
    /// What a person, or software for a person, showed.
    #[derive(Default)]
    pub enum Credential {
        /// A session.
        #[default]
        Session = "session",
        /// An access token of a session: good for all that the session is, but for more tokens.
        Token = "token",
        /// An API key, or a token of an app: acts within its scopes in one tenant, and never on an account itself.
        Delegated = "delegated",
    }
}

/// Master flags of a passport, set by the platform and never by a tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// Denies everything.
    pub suspended: bool,
    /// Skips role look-up for operations and access management; always audited.
    pub system_admin: bool,
    /// What the person showed.
    pub credential: Credential,
    /// Whether the person is held to the tenant of the call, whose word alone says who they are.
    pub of_tenant: bool,
    /// Whether the platform's trust alone let this very call in: nobody gave the person its permission.
    pub by_trust: bool,
}

/// The signed token that proves the person behind a call to our own services; forwarded, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Passport(Arc<str>);

impl Passport {
    /// Wraps a signed passport.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self(token.into())
    }

    /// The token, for the metadata of an inner call and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passport(***)")
    }
}

/// What travels with every call, first argument of every op.
#[derive(Debug, Clone)]
pub struct Cx {
    /// Who acts.
    pub actor: Actor,
    /// The service that made this call, when one did.
    pub caller: Option<String>,
    /// The passport of the person behind the call, forwarded to the services this one calls.
    pub passport: Option<Passport>,
    /// The tenant the call is about.
    pub tenant: Option<TenantId>,
    /// The actor's effective permissions in that tenant (`service.resource.verb`).
    pub permissions: Arc<BTreeSet<String>>,
    /// Master flags.
    pub flags: Flags,
    /// Identifies the request in logs, audit rows and answers.
    pub request_id: String,
    /// W3C `traceparent` of the calling span, stored with facts and jobs.
    pub traceparent: Option<String>,
    /// The fact that caused this call and the consumer that heard it.
    pub cause: Option<(String, FactId)>,
    /// The caller's key for a repeatable write.
    pub idempotency_key: Option<String>,
    /// Source address as the gateway saw it.
    pub ip: Option<String>,
    /// User agent as the gateway saw it.
    pub user_agent: Option<String>,
    /// When the call must have ended.
    pub deadline: Option<Timestamp>,
}

impl Cx {
    /// The context of a service that acts for itself on a tenant (consumer, job, sweep).
    #[must_use]
    pub fn of_service(name: &str, tenant: Option<TenantId>, clock: &Clock) -> Self {
        Self {
            actor: Actor::Service(name.into()),
            caller: Some(name.into()),
            passport: None,
            tenant,
            permissions: Arc::default(),
            flags: Flags::default(),
            request_id: clock.new_id::<uuid::Uuid>().to_string(),
            traceparent: None,
            cause: None,
            idempotency_key: None,
            ip: None,
            user_agent: None,
            deadline: None,
        }
    }

    /// Whether the actor holds a permission here. Suspended denies all; `system_admin` is allowed what is no content
    /// of a tenant.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        let trusted = self.flags.system_admin && !is_content(permission);
        !self.flags.suspended && (trusted || self.permissions.contains(permission))
    }

    /// Whether the platform's trust alone allows it: nobody gave the actor this permission.
    #[must_use]
    pub fn may_by_trust(&self, permission: &str) -> bool {
        self.may(permission) && !self.permissions.contains(permission)
    }

    /// Whether the actor may let others do this: what is only lent to the platform's staff while a tenant's content is
    /// open to them, and what software does in their name, is not passed on.
    #[must_use]
    pub fn may_give(&self, permission: &str) -> bool {
        let is_lent = self.flags.system_admin || self.flags.credential == Credential::Delegated;
        self.may(permission) && !(is_lent && is_content(permission))
    }

    /// The acting person, if a person acts.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self.actor {
            Actor::User { id, .. } => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_trusts_with_all_but_what_tenants_wrote() {
        let mut cx = Cx::of_service("gateway", None, &Clock::system());
        cx.flags.system_admin = true;
        assert!(cx.may("tenant.tenants.create") && cx.may("courses.course.read"));
        assert!(!cx.may("reports.report.read") && !cx.may("courses.content.read"));
        cx.permissions = Arc::new(BTreeSet::from(["reports.report.read".to_owned()]));
        assert!(cx.may("reports.report.read") && !cx.may_by_trust("reports.report.read"));
        assert!(cx.may_by_trust("tenant.tenants.create") && !cx.may_by_trust("reports.a.read"));
        cx.flags.suspended = true;
        assert!(!cx.may("reports.report.read") && !cx.may("tenant.tenants.create"));
    }

    #[test]
    fn what_was_lent_is_not_given_on() {
        let mut cx = Cx::of_service("gateway", None, &Clock::system());
        cx.permissions =
            Arc::new(["reports.report.read", "user.members.read"].map(str::to_owned).into());
        assert!(cx.may_give("reports.report.read"), "a member's own right");
        for lent in [
            Flags { system_admin: true, ..Flags::default() },
            Flags { credential: Credential::Delegated, ..Flags::default() },
        ] {
            cx.flags = lent;
            assert!(cx.may("reports.report.read") && !cx.may_give("reports.report.read"));
            assert!(cx.may_give("user.members.read"));
        }
    }
}
