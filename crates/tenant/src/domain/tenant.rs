//! A tenant, and how its slug comes from its name.

use kernel::{Locale, PersonName, Slug, TenantId, Timestamp};

use super::{Limits, PlanName, Status};

/// A tenant's name follows the rules of a person's: 1 to 120 characters, no control characters.
pub(crate) type TenantName = PersonName;

/// A customer's isolated space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub(crate) tenant_id: TenantId,
    pub(crate) slug: Slug,
    pub(crate) name: TenantName,
    pub(crate) status: Status,
    pub(crate) locale: Locale,
    pub(crate) created_at: Timestamp,
    /// Why it came to its status; empty where nobody said.
    pub(crate) status_reason: String,
    /// Who brought it there, as audit rows name an actor.
    pub(crate) status_by: String,
    pub(crate) status_since: Timestamp,
    /// Until when it is on trial; stays while it is suspended.
    pub(crate) trial_ends_at: Option<Timestamp>,
    /// Until when a closing tenant can be restored, and what to.
    pub(crate) closes_at: Option<Timestamp>,
    pub(crate) closed_from: Option<Status>,
    /// Grows with every change of what a resolution says.
    pub(crate) epoch: i64,
    pub(crate) plan: PlanName,
    /// What it may have.
    pub(crate) limits: Limits,
    /// Whose pages may read its part of the API; stands among its settings.
    pub(crate) allowed_origins: Vec<String>,
}

/// The slug that a name suggests: its ASCII letters and digits, lower-cased, with single hyphens between words.
pub(crate) fn slug_from(name: &TenantName) -> Option<Slug> {
    let folded: String = name
        .as_str()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' })
        .collect();
    let joined = folded.split_whitespace().collect::<Vec<_>>().join("-");
    let cut: String = joined.chars().take(40).collect();
    Slug::parse(cut.trim_end_matches('-')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_comes_from_the_words_of_a_name() {
        let slug = |name| slug_from(&TenantName::parse(name).expect("a name"));
        assert_eq!(slug("  Школа Math & Art 42 ").expect("derivable").as_str(), "math-art-42");
        assert_eq!(slug("Школа"), None);
        assert_eq!(slug("Admin"), None, "reserved words are not derived");
        assert_eq!(slug(&"long ".repeat(20)).expect("derivable").as_str().len(), 39);
    }
}
