//! What a tenant's settings say about its invitations.

use kernel::Email;

use crate::{Error, Result};

/// What of a tenant's settings matters here; the default is the platform's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TenantRules {
    /// That of the settings.
    pub(crate) version: i64,
    /// Empty for anybody's.
    pub(crate) allowed_email_domains: Vec<String>,
    pub(crate) invitation_links_shown: bool,
}

impl Default for TenantRules {
    fn default() -> Self {
        Self { version: 0, allowed_email_domains: Vec::new(), invitation_links_shown: true }
    }
}

impl TenantRules {
    /// Whether this address may be invited; each domain stands for itself and not for those below it.
    pub(crate) fn admit(&self, email: &Email) -> Result<()> {
        let domains = &self.allowed_email_domains;
        if domains.is_empty() || domains.iter().any(|domain| domain == email.domain()) {
            return Ok(());
        }
        Err(Error::AddressNotAllowed(domains.clone()))
    }

    /// Whether links may be shown at all.
    pub(crate) const fn show_link(&self) -> Result<()> {
        if self.invitation_links_shown { Ok(()) } else { Err(Error::LinksNotShown) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Failure;

    #[test]
    fn only_listed_domains_are_admitted_where_some_are_listed() {
        let email = |text| Email::parse(text).expect("an address");
        assert!(TenantRules::default().admit(&email("ann@any.example")).is_ok());
        let rules = TenantRules {
            allowed_email_domains: vec!["school.example".into()],
            ..TenantRules::default()
        };
        assert!(rules.admit(&email("Ann@School.Example")).is_ok());
        for stranger in
            ["ann@sub.school.example", "ann@school.example.evil", "ann@notschool.example"]
        {
            let refused = rules.admit(&email(stranger)).expect_err(stranger);
            assert_eq!(refused.fields()[0].field, "email");
        }
    }
}
