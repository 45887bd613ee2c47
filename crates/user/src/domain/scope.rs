//! Where a role holds and where something is to be done: the whole tenant, or a part of it.

use kernel::GroupId;
use serde::{Deserialize, Serialize};

kernel::closed_set! {
    /// A kind of place.
    pub(crate) enum ScopeType {
        /// All of the tenant.
        Tenant = "tenant",
        /// One community.
        Community = "community",
        /// One team.
        Team = "team",
        /// One thing of some service.
        Resource = "resource",
    }
}

/// A place in a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scope {
    #[serde(rename = "scope_type")]
    pub(crate) kind: ScopeType,
    /// Empty for the tenant.
    #[serde(rename = "scope_id")]
    pub(crate) id: String,
}

/// What is wrong with a place, and in which field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadScope(pub(crate) &'static str, pub(crate) &'static str);

/// The whole tenant.
pub(crate) static WHOLE_TENANT: Scope = Scope { kind: ScopeType::Tenant, id: String::new() };

impl Scope {
    /// Reads a place; no words at all mean the whole tenant.
    pub(crate) fn parse(kind: &str, id: &str) -> Result<Self, BadScope> {
        let kind = match kind {
            "" => ScopeType::Tenant,
            word => ScopeType::parse(word)
                .or_else(|| capitals(word))
                .ok_or(BadScope("scopeType", "is none of tenant, community, team, resource"))?,
        };
        let wrong = match kind {
            ScopeType::Tenant => (!id.is_empty()).then_some("must be empty for the tenant"),
            ScopeType::Community | ScopeType::Team => {
                GroupId::parse(id).is_err().then_some("must be the id of a community or team")
            }
            ScopeType::Resource => {
                let fits =
                    (1..=200).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
                (!fits).then_some("must hold 1 to 200 visible ASCII characters")
            }
        };
        match wrong {
            Some(problem) => Err(BadScope("scopeId", problem)),
            None => Ok(Self { kind, id: id.into() }),
        }
    }

    /// Whether what holds here holds there.
    pub(crate) fn covers(&self, there: &Self) -> bool {
        self.kind == ScopeType::Tenant || self == there
    }
}

/// The same words in capitals, as callers of the portal write them.
fn capitals(word: &str) -> Option<ScopeType> {
    let is_plain = !word.bytes().any(|b| b.is_ascii_lowercase());
    ScopeType::parse(&word.to_ascii_lowercase()).filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";

    #[test]
    fn a_place_is_read_and_a_bad_one_names_its_field() {
        assert_eq!(Scope::parse("", ""), Ok(WHOLE_TENANT.clone()));
        assert_eq!(Scope::parse("TEAM", GROUP), Scope::parse("team", GROUP));
        assert!(Scope::parse("team", GROUP).is_ok() && Scope::parse("resource", "page/7").is_ok());
        for (kind, id, field) in [
            ("galaxy", "", "scopeType"),
            ("Tenant", "", "scopeType"),
            ("tenant", GROUP, "scopeId"),
            ("", GROUP, "scopeId"),
            ("team", "", "scopeId"),
            ("community", "one", "scopeId"),
            ("resource", "", "scopeId"),
            ("resource", "a b", "scopeId"),
            ("resource", &"x".repeat(201), "scopeId"),
        ] {
            assert_eq!(Scope::parse(kind, id).expect_err("bad").0, field, "{kind} {id}");
        }
    }

    #[test]
    fn the_tenant_covers_its_parts_and_a_part_only_itself() {
        let team = Scope::parse("team", GROUP).expect("a team");
        let community = Scope::parse("community", GROUP).expect("a community");
        assert!(WHOLE_TENANT.covers(&team) && team.covers(&team));
        assert!(!team.covers(&WHOLE_TENANT) && !team.covers(&community));
    }
}
