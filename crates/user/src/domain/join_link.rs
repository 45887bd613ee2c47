//! A link that many may come in by.

use std::collections::BTreeSet;

use kernel::{Email, Timestamp};
use uuid::Uuid;

use crate::domain::{Fault, Hindrance, Lifetime, OWNER, Scope, ScopeType};

/// How long a link works unless its maker says otherwise, in hours: a week.
const USUAL_HOURS: i32 = 168;

/// Most domains that one link names.
const MOST_DOMAINS: usize = 20;

/// Most uses of one link.
const MOST_USES: i32 = 10_000;

kernel::closed_set! {
    /// Whether a link works.
    pub(crate) enum JoinLinkStatus {
        /// It does.
        Open = "open",
        /// As many addresses used it as may.
        UsedUp = "used_up",
        /// Its time is over.
        Expired = "expired",
        /// It was ended by hand.
        Revoked = "revoked",
    }
}

/// A link that many may come in by; never its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinLink {
    pub(crate) join_link_id: Uuid,
    pub(crate) title: String,
    pub(crate) roles: Vec<String>,
    pub(crate) scope_type: ScopeType,
    pub(crate) scope_id: String,
    /// Any address is admitted where there is none.
    pub(crate) email_domains: Vec<String>,
    pub(crate) most_uses: i32,
    pub(crate) uses: i32,
    pub(crate) created_by: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) revoked_at: Option<Timestamp>,
}

impl JoinLink {
    pub(crate) fn status(&self, now: Timestamp) -> JoinLinkStatus {
        if self.revoked_at.is_some() {
            JoinLinkStatus::Revoked
        } else if self.expires_at <= now {
            JoinLinkStatus::Expired
        } else if self.uses >= self.most_uses {
            JoinLinkStatus::UsedUp
        } else {
            JoinLinkStatus::Open
        }
    }

    /// Whether it works now; one that is used up still does for an address that used it before.
    pub(crate) fn works(&self, used_before: bool, now: Timestamp) -> Result<(), Hindrance> {
        match self.status(now) {
            JoinLinkStatus::Open => Ok(()),
            JoinLinkStatus::UsedUp if used_before => Ok(()),
            _ => Err(Hindrance::JoinLinkClosed),
        }
    }

    /// Whether it is meant for this address.
    pub(crate) fn admits(&self, email: &Email) -> Result<(), Hindrance> {
        let open = self.email_domains.is_empty();
        match open || self.email_domains.iter().any(|domain| domain == email.domain()) {
            true => Ok(()),
            false => Err(Hindrance::DomainNotAdmitted),
        }
    }

    /// Where its roles hold.
    pub(crate) fn scope(&self) -> Scope {
        Scope { kind: self.scope_type, id: self.scope_id.clone() }
    }
}

/// Reads a domain of addresses in its one spelling.
pub(crate) fn email_domain(text: &str) -> Result<String, &'static str> {
    let address = Email::parse(&format!("somebody@{}", text.trim()));
    let domain = address.ok().filter(|email| email.as_str().starts_with("somebody@"));
    domain.map(|email| email.domain().to_owned()).ok_or("must be the part of addresses after the @")
}

/// Reads the domains of a link.
pub(crate) fn email_domains(texts: &[String]) -> Result<Vec<String>, &'static str> {
    if texts.len() > MOST_DOMAINS {
        return Err("must hold at most 20 domains");
    }
    let read: BTreeSet<String> =
        texts.iter().map(|text| email_domain(text)).collect::<Result<_, _>>()?;
    Ok(read.into_iter().collect())
}

/// Reads how often a link may be used.
pub(crate) fn most_uses(uses: i32) -> Result<i32, &'static str> {
    (1..=MOST_USES).contains(&uses).then_some(uses).ok_or("must be 1 to 10,000")
}

/// Reads how long a link works.
pub(crate) fn link_lifetime(hours: i32) -> Result<Lifetime, &'static str> {
    Ok(Lifetime::from_wire(hours)?.unwrap_or(Lifetime::of(USUAL_HOURS)))
}

/// Refuses roles that no shared way in may give: whoever is handed a link or has some address does not answer for the
/// tenant.
pub(crate) fn shared_roles<'a>(
    field: &'static str,
    mut roles: impl Iterator<Item = &'a str>,
) -> Result<(), Fault> {
    match roles.any(|role| role == OWNER.as_str()) {
        true => Err((field, "must not hold owner; invite owners one by one".into())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn start() -> Timestamp {
        jiff::Timestamp::UNIX_EPOCH.into()
    }

    fn link(uses: i32, domains: &[&str]) -> JoinLink {
        JoinLink {
            join_link_id: Uuid::from_u128(1),
            title: String::new(),
            roles: vec!["client".into()],
            scope_type: ScopeType::Tenant,
            scope_id: String::new(),
            email_domains: domains.iter().map(|&domain| domain.into()).collect(),
            most_uses: 2,
            uses,
            created_by: "user:bob".into(),
            created_at: start(),
            expires_at: start().after(Duration::from_secs(3600)),
            revoked_at: None,
        }
    }

    #[test]
    fn a_link_works_until_it_is_used_up_ended_or_over() {
        let over = start().after(Duration::from_secs(3600));
        let revoked = JoinLink { revoked_at: Some(start()), ..link(0, &[]) };
        for (link, now, before, status, works) in [
            (link(0, &[]), start(), false, JoinLinkStatus::Open, true),
            (link(2, &[]), start(), false, JoinLinkStatus::UsedUp, false),
            (link(2, &[]), start(), true, JoinLinkStatus::UsedUp, true),
            (link(0, &[]), over, true, JoinLinkStatus::Expired, false),
            (revoked, start(), true, JoinLinkStatus::Revoked, false),
        ] {
            assert_eq!((link.status(now), link.works(before, now).is_ok()), (status, works));
        }
    }

    #[test]
    fn a_link_admits_its_domains_and_no_part_of_them() {
        let email = |text: &str| Email::parse(text).expect("an address");
        let narrow = link(0, &["acme.test", "beta.test"]);
        assert!(narrow.admits(&email("ann@Beta.test")).is_ok());
        for far in ["ann@sub.acme.test", "ann@notacme.test", "ann@acme.test.evil.test"] {
            assert_eq!(narrow.admits(&email(far)), Err(Hindrance::DomainNotAdmitted), "{far}");
        }
        assert!(link(0, &[]).admits(&email("ann@anywhere.test")).is_ok());
    }

    #[test]
    fn domains_have_one_spelling() {
        assert_eq!(email_domain(" Acme.Test "), Ok("acme.test".into()));
        assert_eq!(email_domain("bücher.example"), Ok("xn--bcher-kva.example".into()));
        for bad in
            ["", "acme", "@acme.test", "a b.test", "x@acme.test", "*.acme.test", "acme..test"]
        {
            assert!(email_domain(bad).is_err(), "{bad}");
        }
        let twice = ["b.test".to_owned(), "a.test".into(), "A.test".into()];
        assert_eq!(email_domains(&twice), Ok(vec!["a.test".into(), "b.test".into()]));
        assert!(email_domains(&vec!["a.test".to_owned(); 21]).is_err());
    }

    #[test]
    fn no_shared_way_makes_owners() {
        assert!(shared_roles("role", ["client", "admin"].into_iter()).is_ok());
        assert!(shared_roles("role", ["client", "owner"].into_iter()).is_err());
        for bad in [0, -1, 10_001] {
            assert!(most_uses(bad).is_err(), "{bad}");
        }
        assert_eq!(link_lifetime(0).expect("the usual").hours(), 168);
    }
}
