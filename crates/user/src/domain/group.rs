//! A community or a team.

use kernel::{GroupId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::GroupRefusal;

/// How many teams a community has, those in the archive too: what is done to it is done to all of them at once.
pub(crate) const MOST_TEAMS: i64 = 1000;

kernel::closed_set! {
    /// A kind of group.
    pub(crate) enum GroupKind {
        /// May have teams.
        Community = "community",
        /// May belong to a community.
        Team = "team",
    }
}

kernel::closed_set! {
    /// How one comes into a group.
    pub(crate) enum JoinPolicy {
        /// Whoever wants to joins.
        Open = "open",
        /// Whoever wants to asks.
        Request = "request",
        /// Members are added.
        Invitation = "invitation",
    }
}

kernel::closed_set! {
    /// Whether a group is in use.
    pub(crate) enum GroupStatus {
        /// It is.
        Active = "active",
        /// It rests, with all that it gave.
        Archived = "archived",
    }
}

/// A community or a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) group_id: GroupId,
    pub(crate) kind: GroupKind,
    /// Where a team belongs to one.
    pub(crate) community_id: Option<GroupId>,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) join_policy: JoinPolicy,
    pub(crate) status: GroupStatus,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) changed_at: Timestamp,
}

/// What a group is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupKey {
    /// Any where none is said.
    pub(crate) kind: Option<GroupKind>,
    pub(crate) group_id: GroupId,
    /// Where a team has to be.
    pub(crate) community_id: Option<GroupId>,
}

impl GroupKey {
    /// A community by its id.
    pub(crate) const fn community(group_id: GroupId) -> Self {
        Self { kind: Some(GroupKind::Community), group_id, community_id: None }
    }

    /// A community or a team by its id.
    pub(crate) const fn any(group_id: GroupId) -> Self {
        Self { kind: None, group_id, community_id: None }
    }
}

/// The wish to change a group; what is absent stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct GroupWish {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) join_policy: Option<JoinPolicy>,
}

impl Group {
    /// Refuses what is only done in a group that is in use.
    pub(crate) fn in_use(&self) -> Result<(), GroupRefusal> {
        match self.status {
            GroupStatus::Active => Ok(()),
            GroupStatus::Archived => Err(GroupRefusal::GroupArchived),
        }
    }

    /// The group as wished.
    pub(crate) fn with(&self, wish: GroupWish, now: Timestamp) -> Self {
        let held = self.clone();
        let wished = Self {
            name: wish.name.unwrap_or(held.name),
            description: wish.description.unwrap_or(held.description),
            join_policy: wish.join_policy.unwrap_or(held.join_policy),
            ..held
        };
        if wished == *self { wished } else { Self { changed_at: now, ..wished } }
    }
}

/// Reads what a group says of itself.
pub(crate) fn description(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let hidden = |c: char| c.is_control() && c != '\n';
    match text.chars().count() <= 2000 && !text.chars().any(hidden) {
        true => Ok(text.into()),
        false => Err("must hold at most 2,000 characters, and none that cannot be seen"),
    }
}

/// Reads what somebody is in a group.
pub(crate) fn role_hint(text: &str) -> Result<String, &'static str> {
    let fits = text.len() <= 63
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'))
        && text.bytes().next().is_none_or(|first| first.is_ascii_lowercase());
    match fits {
        true => Ok(text.into()),
        false => Err("must be at most 63 of a-z, 0-9, _, ., -, with a letter first"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use uuid::Uuid;

    #[test]
    fn a_wish_that_changes_nothing_leaves_everything() {
        let then: Timestamp = jiff::Timestamp::UNIX_EPOCH.into();
        let now = then.after(Duration::from_secs(1));
        let group = Group {
            group_id: Uuid::from_u128(1).into(),
            kind: GroupKind::Team,
            community_id: None,
            name: "Runners".into(),
            description: String::new(),
            join_policy: JoinPolicy::Request,
            status: GroupStatus::Active,
            created_at: then,
            created_by: "user:x".into(),
            changed_at: then,
        };
        let same = GroupWish { name: Some("Runners".into()), ..GroupWish::default() };
        assert_eq!(group.with(same, now), group);
        let open = GroupWish { join_policy: Some(JoinPolicy::Open), ..GroupWish::default() };
        let open = group.with(open, now);
        assert_eq!((open.join_policy, open.changed_at), (JoinPolicy::Open, now));
        assert_eq!(open.name, group.name);
    }

    #[test]
    fn words_of_a_group_have_bounds() {
        assert!(description("two\nlines").is_ok() && role_hint("").is_ok());
        assert!(role_hint("vice-lead.2").is_ok());
        for bad in ["a\0b".to_owned(), "я".repeat(2001)] {
            assert!(description(&bad).is_err(), "{bad:?}");
        }
        for bad in ["Lead", "1st", "a b", "-a", &"a".repeat(64), "ä"] {
            assert!(role_hint(bad).is_err(), "{bad:?}");
        }
    }
}
